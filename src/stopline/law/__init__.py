"""No coercive act without it: register, measure, authorization, deadlines, notification, appeal, audit."""
