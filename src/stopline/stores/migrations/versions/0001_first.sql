-- The first schema of the ledger, for SQLite and PostgreSQL alike; written by tools/first_schema.py.

CREATE TABLE account (
  id TEXT NOT NULL,
  officer_id TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  totp_sealed TEXT NOT NULL,
  state TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  last_step BIGINT NOT NULL,
  failed_count BIGINT NOT NULL,
  rests_until_at BIGINT,
  PRIMARY KEY (id)
);

CREATE TABLE acknowledged (
  key TEXT NOT NULL,
  at BIGINT NOT NULL,
  answer TEXT NOT NULL,
  PRIMARY KEY (key)
);

CREATE TABLE appeal (
  id TEXT NOT NULL,
  code TEXT NOT NULL,
  target_kind TEXT NOT NULL,
  target_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  statement TEXT NOT NULL,
  contact TEXT NOT NULL,
  state TEXT NOT NULL,
  filed_at BIGINT NOT NULL,
  acknowledged_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  escalated_at BIGINT,
  suspended_target_at BIGINT,
  assigned_to TEXT,
  assigned_session TEXT,
  decided_by TEXT,
  decided_at BIGINT,
  decision TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX appeal_code ON appeal (code);

CREATE INDEX appeal_state_due_at ON appeal (state, due_at);

CREATE INDEX appeal_target_id ON appeal (target_id);

CREATE TABLE audit (
  seq BIGINT NOT NULL,
  at_us BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  session TEXT NOT NULL,
  purpose TEXT NOT NULL,
  act TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  reason TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL,
  signature TEXT NOT NULL,
  PRIMARY KEY (seq)
);

CREATE INDEX audit_subject ON audit (subject_kind, subject_id);

CREATE TABLE "authorization" (
  id TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  entry_version TEXT NOT NULL,
  measure_id TEXT NOT NULL,
  subject_ref TEXT NOT NULL,
  area TEXT NOT NULL,
  level BIGINT NOT NULL,
  issued_by TEXT NOT NULL,
  issued_session TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  to_at BIGINT NOT NULL,
  withdrawn_at BIGINT,
  PRIMARY KEY (id)
);

CREATE TABLE back_test (
  id TEXT NOT NULL,
  state TEXT NOT NULL,
  channel TEXT NOT NULL,
  title TEXT NOT NULL,
  purpose TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  from_at BIGINT NOT NULL,
  to_at BIGINT NOT NULL,
  release_id TEXT NOT NULL,
  pack_digest TEXT NOT NULL,
  pack TEXT NOT NULL,
  done_ratio FLOAT NOT NULL,
  finished_at BIGINT,
  failed_why TEXT NOT NULL,
  report TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX back_test_release_id ON back_test (release_id);

CREATE INDEX back_test_state ON back_test (state);

CREATE TABLE border_order (
  id TEXT NOT NULL,
  person TEXT NOT NULL,
  name TEXT NOT NULL,
  name_latin TEXT NOT NULL,
  birth_on TEXT NOT NULL,
  document_no TEXT NOT NULL,
  document_key TEXT NOT NULL,
  measure_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  state TEXT NOT NULL,
  drafted_at BIGINT NOT NULL,
  live_at BIGINT,
  ended_at BIGINT,
  PRIMARY KEY (id)
);

CREATE INDEX border_order_birth_on_state ON border_order (birth_on, state);

CREATE INDEX border_order_document_key_state ON border_order (document_key, state);

CREATE INDEX border_order_measure_id ON border_order (measure_id);

CREATE INDEX border_order_person ON border_order (person);

CREATE TABLE called_victim (
  id TEXT NOT NULL,
  number TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  expired BOOLEAN NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX called_victim_expired_expires_at ON called_victim (expired, expires_at);

CREATE TABLE campaign (
  id TEXT NOT NULL,
  typology TEXT NOT NULL,
  first_at BIGINT NOT NULL,
  last_at BIGINT NOT NULL,
  messages_count BIGINT NOT NULL,
  recipients_count BIGINT NOT NULL,
  senders_count BIGINT NOT NULL,
  pass_count BIGINT NOT NULL,
  flag_count BIGINT NOT NULL,
  hold_count BIGINT NOT NULL,
  block_count BIGINT NOT NULL,
  likeness_least_ratio FLOAT NOT NULL,
  likeness_mean_ratio FLOAT NOT NULL,
  compared_count BIGINT NOT NULL,
  exact_count BIGINT NOT NULL,
  with_link_count BIGINT NOT NULL,
  with_phone_count BIGINT NOT NULL,
  with_contact_count BIGINT NOT NULL,
  typologies TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX campaign_last_at ON campaign (last_at);

CREATE INDEX campaign_typology_last_at ON campaign (typology, last_at);

CREATE TABLE case_file (
  id TEXT NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT NOT NULL,
  report_ids TEXT NOT NULL,
  typology TEXT NOT NULL,
  district TEXT NOT NULL,
  lines TEXT NOT NULL,
  accounts TEXT NOT NULL,
  parties TEXT NOT NULL,
  evidence TEXT NOT NULL,
  loss_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  opened_by TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  update_due_at BIGINT NOT NULL,
  series_id TEXT,
  proposed_outcome TEXT NOT NULL,
  closing_reason TEXT NOT NULL,
  closing_by TEXT NOT NULL,
  closing_session TEXT NOT NULL,
  closed_by TEXT NOT NULL,
  closed_at BIGINT,
  overdue_at BIGINT,
  PRIMARY KEY (id)
);

CREATE INDEX case_file_district ON case_file (district);

CREATE INDEX case_file_series_id ON case_file (series_id);

CREATE INDEX case_file_state ON case_file (state);

CREATE TABLE channel (
  id TEXT NOT NULL,
  bank TEXT NOT NULL,
  report_ids TEXT NOT NULL,
  case_ids TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  suspected_at BIGINT NOT NULL,
  said_count BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE cooperation_request (
  id TEXT NOT NULL,
  partner TEXT NOT NULL,
  assistance TEXT NOT NULL,
  state TEXT NOT NULL,
  authority TEXT NOT NULL,
  case_summary TEXT NOT NULL,
  facts TEXT NOT NULL,
  persons TEXT NOT NULL,
  law TEXT NOT NULL,
  purpose TEXT NOT NULL,
  relevance TEXT NOT NULL,
  deadline_at BIGINT NOT NULL,
  case_id TEXT NOT NULL,
  measure_id TEXT NOT NULL,
  handling TEXT NOT NULL,
  retention_days BIGINT NOT NULL,
  drafted_by TEXT NOT NULL,
  drafted_session TEXT NOT NULL,
  drafted_at BIGINT NOT NULL,
  checked_by TEXT NOT NULL,
  export_check TEXT NOT NULL,
  authority_decision TEXT NOT NULL,
  refusal_checks TEXT,
  sent_by TEXT NOT NULL,
  sent_at BIGINT,
  answered_at BIGINT,
  answer TEXT NOT NULL,
  evidence TEXT NOT NULL,
  overdue_at BIGINT,
  PRIMARY KEY (id)
);

CREATE INDEX cooperation_request_case_id ON cooperation_request (case_id);

CREATE INDEX cooperation_request_partner_state ON cooperation_request (partner, state);

CREATE INDEX cooperation_request_state_deadline_at ON cooperation_request (state, deadline_at);

CREATE TABLE custody_record (
  id TEXT NOT NULL,
  risk TEXT NOT NULL,
  offence TEXT NOT NULL,
  health TEXT NOT NULL,
  belongings TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE delivery (
  fact_id TEXT NOT NULL,
  handler TEXT NOT NULL,
  done_at BIGINT,
  attempts_count BIGINT NOT NULL,
  error TEXT NOT NULL,
  PRIMARY KEY (fact_id, handler)
);

CREATE TABLE den (
  id TEXT NOT NULL,
  partner TEXT NOT NULL,
  place TEXT NOT NULL,
  evidence TEXT NOT NULL,
  persons TEXT NOT NULL,
  state TEXT NOT NULL,
  reported_at BIGINT NOT NULL,
  agreement TEXT NOT NULL,
  legal_document TEXT NOT NULL,
  team TEXT NOT NULL,
  joined_by TEXT NOT NULL,
  joined_at BIGINT,
  PRIMARY KEY (id)
);

CREATE INDEX den_partner ON den (partner);

CREATE INDEX den_state ON den (state);

CREATE TABLE disclosure (
  id TEXT NOT NULL,
  object_kind TEXT NOT NULL,
  object_id TEXT NOT NULL,
  measure_id TEXT NOT NULL,
  recipient TEXT NOT NULL,
  handling TEXT NOT NULL,
  purpose TEXT NOT NULL,
  sent_at BIGINT NOT NULL,
  retention_until_at BIGINT NOT NULL,
  recalled_at BIGINT,
  recall_reason TEXT NOT NULL,
  term_over_at BIGINT,
  PRIMARY KEY (id)
);

CREATE INDEX disclosure_measure_id ON disclosure (measure_id);

CREATE INDEX disclosure_object_id ON disclosure (object_id);

CREATE INDEX disclosure_recipient ON disclosure (recipient);

CREATE INDEX disclosure_retention_until_at ON disclosure (retention_until_at);

CREATE TABLE edition (
  id TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  to_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  figures TEXT NOT NULL,
  queries_digest TEXT NOT NULL,
  audit_seq BIGINT NOT NULL,
  audit_hash TEXT NOT NULL,
  drafted_at BIGINT NOT NULL,
  drafted_by TEXT NOT NULL,
  drafted_session TEXT NOT NULL,
  verified_by TEXT NOT NULL,
  verified_at BIGINT,
  released_at BIGINT,
  revision BIGINT NOT NULL,
  revises TEXT NOT NULL,
  revised_by_edition TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX edition_from_at ON edition (from_at);

CREATE INDEX edition_state ON edition (state);

CREATE TABLE enforcement (
  id TEXT NOT NULL,
  measure_id TEXT NOT NULL,
  point TEXT NOT NULL,
  state TEXT NOT NULL,
  order_act TEXT NOT NULL,
  version BIGINT NOT NULL,
  told_version BIGINT NOT NULL,
  unsent BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL,
  answer_due_at BIGINT NOT NULL,
  told_at BIGINT,
  answered_at BIGINT,
  answered_version BIGINT NOT NULL,
  applied_minor BIGINT,
  balance_minor BIGINT,
  remark TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX enforcement_measure_id ON enforcement (measure_id);

CREATE INDEX enforcement_point_unsent ON enforcement (point, unsent);

CREATE INDEX enforcement_state_answer_due_at ON enforcement (state, answer_due_at);

CREATE TABLE fact (
  ordinal BIGINT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  at BIGINT NOT NULL,
  by TEXT NOT NULL,
  body TEXT NOT NULL,
  pending BOOLEAN NOT NULL,
  PRIMARY KEY (ordinal),
  UNIQUE (id)
);

CREATE INDEX fact_pending ON fact (pending, ordinal);

CREATE TABLE handover (
  id TEXT NOT NULL,
  partner TEXT NOT NULL,
  den_id TEXT NOT NULL,
  conveyance TEXT NOT NULL,
  at BIGINT NOT NULL,
  on_day TEXT NOT NULL,
  transfer_ids TEXT NOT NULL,
  minors BOOLEAN NOT NULL,
  state TEXT NOT NULL,
  manifest_count BIGINT NOT NULL,
  planned_by TEXT NOT NULL,
  planned_at BIGINT NOT NULL,
  gave_by TEXT NOT NULL,
  gave_at BIGINT,
  took_by TEXT NOT NULL,
  took_session TEXT NOT NULL,
  took_at BIGINT,
  boarded_count BIGINT,
  landed_count BIGINT,
  received_count BIGINT,
  counted_count BIGINT,
  counted_by TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX handover_on_day ON handover (on_day);

CREATE INDEX handover_partner_state ON handover (partner, state);

CREATE TABLE hit (
  id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  measure_id TEXT NOT NULL,
  person TEXT NOT NULL,
  crossing_id TEXT NOT NULL,
  port TEXT NOT NULL,
  direction TEXT NOT NULL,
  closeness TEXT NOT NULL,
  traveller TEXT NOT NULL,
  name TEXT NOT NULL,
  birth_on TEXT NOT NULL,
  document_no TEXT NOT NULL,
  state TEXT NOT NULL,
  raised_at BIGINT NOT NULL,
  resolve_by_at BIGINT NOT NULL,
  overdue_at BIGINT,
  photo_same BOOLEAN,
  second_datum TEXT NOT NULL,
  second_same BOOLEAN,
  checked_by TEXT NOT NULL,
  resolved_by TEXT NOT NULL,
  resolved_at BIGINT,
  delay_s BIGINT,
  action TEXT NOT NULL,
  acted_by TEXT NOT NULL,
  told_code TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX hit_crossing_id ON hit (crossing_id);

CREATE INDEX hit_order_id ON hit (order_id);

CREATE INDEX hit_port ON hit (port);

CREATE INDEX hit_state_resolve_by_at ON hit (state, resolve_by_at);

CREATE TABLE hold (
  id TEXT NOT NULL,
  sort TEXT NOT NULL,
  report_id TEXT NOT NULL,
  account TEXT NOT NULL,
  bank TEXT NOT NULL,
  tier BIGINT NOT NULL,
  amount_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  drafted_at BIGINT NOT NULL,
  follows TEXT NOT NULL,
  in_force_at BIGINT,
  applied_minor BIGINT NOT NULL,
  first_applied_at BIGINT,
  answer TEXT NOT NULL,
  over_minor BIGINT NOT NULL,
  unrelated_at BIGINT,
  freeze_id TEXT NOT NULL,
  ended_at BIGINT,
  released_minor BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX hold_account ON hold (account);

CREATE INDEX hold_ended_at ON hold (ended_at);

CREATE INDEX hold_report_id_account ON hold (report_id, account);

CREATE TABLE identifier_use (
  id TEXT NOT NULL,
  sort TEXT NOT NULL,
  value TEXT NOT NULL,
  report_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX identifier_use_report_id ON identifier_use (report_id);

CREATE INDEX identifier_use_value_sort ON identifier_use (value, sort);

CREATE TABLE incident (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  handover_id TEXT NOT NULL,
  transfer_id TEXT NOT NULL,
  note TEXT NOT NULL,
  state TEXT NOT NULL,
  reported_by TEXT NOT NULL,
  reported_session TEXT NOT NULL,
  happened_at BIGINT NOT NULL,
  explanation TEXT NOT NULL,
  explained_by TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX incident_handover_id ON incident (handover_id);

CREATE INDEX incident_state ON incident (state);

CREATE INDEX incident_transfer_id ON incident (transfer_id);

CREATE TABLE institution (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  code TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL,
  key_digest TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE lesson (
  id TEXT NOT NULL,
  typology TEXT NOT NULL,
  districts TEXT NOT NULL,
  text_zh TEXT NOT NULL,
  text_en TEXT NOT NULL,
  quiz TEXT NOT NULL,
  state TEXT NOT NULL,
  drafted_by TEXT NOT NULL,
  drafted_session TEXT NOT NULL,
  drafted_at BIGINT NOT NULL,
  reviewed_by TEXT NOT NULL,
  published_by TEXT NOT NULL,
  live_at BIGINT,
  before_right BIGINT NOT NULL,
  before_count BIGINT NOT NULL,
  after_right BIGINT NOT NULL,
  after_count BIGINT NOT NULL,
  reached_count BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX lesson_state ON lesson (state);

CREATE INDEX lesson_typology ON lesson (typology);

CREATE TABLE measure (
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  entry_version TEXT NOT NULL,
  state TEXT NOT NULL,
  subject_kind TEXT NOT NULL,
  subject_ref TEXT NOT NULL,
  subject_label TEXT NOT NULL,
  holder TEXT NOT NULL,
  area TEXT NOT NULL,
  person_ref TEXT NOT NULL,
  reason TEXT NOT NULL,
  grounds TEXT NOT NULL,
  lesser_means TEXT NOT NULL,
  case_id TEXT,
  amount_minor BIGINT,
  currency TEXT,
  major BOOLEAN NOT NULL,
  drafted_by TEXT NOT NULL,
  drafted_session TEXT NOT NULL,
  drafted_at BIGINT NOT NULL,
  reviewed_by TEXT,
  reviewed_session TEXT,
  approved_by TEXT,
  approved_session TEXT,
  cosigned_by TEXT,
  cosigned_session TEXT,
  executed_by TEXT,
  executed_session TEXT,
  authorization_id TEXT,
  override_by TEXT,
  starts_at BIGINT,
  term_from_at BIGINT,
  expires_at BIGINT,
  ratify_by_at BIGINT,
  ratified_by TEXT,
  renewals_count BIGINT NOT NULL,
  suspended BOOLEAN NOT NULL,
  ended_at BIGINT,
  ended_why TEXT NOT NULL,
  order_version BIGINT NOT NULL,
  facts_key TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX measure_case_id ON measure (case_id);

CREATE INDEX measure_entry_id_subject_ref ON measure (entry_id, subject_ref);

CREATE INDEX measure_person_ref ON measure (person_ref);

CREATE INDEX measure_state_expires_at ON measure (state, expires_at);

CREATE TABLE namesake_token (
  id TEXT NOT NULL,
  order_id TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX namesake_token_order_id ON namesake_token (order_id);

CREATE TABLE network (
  id TEXT NOT NULL,
  series_id TEXT NOT NULL,
  typology TEXT NOT NULL,
  report_ids TEXT NOT NULL,
  nodes TEXT NOT NULL,
  ties TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  stale BOOLEAN NOT NULL,
  ranked_at BIGINT,
  rankings TEXT,
  hidden_count BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX network_series_id ON network (series_id);

CREATE INDEX network_stale ON network (stale);

CREATE TABLE network_node (
  id TEXT NOT NULL,
  network_id TEXT NOT NULL,
  ref TEXT NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX network_node_network_id ON network_node (network_id);

CREATE INDEX network_node_ref ON network_node (ref);

CREATE TABLE notice (
  id TEXT NOT NULL,
  number TEXT NOT NULL,
  state TEXT NOT NULL,
  person TEXT NOT NULL,
  name TEXT NOT NULL,
  name_latin TEXT NOT NULL,
  aliases TEXT NOT NULL,
  sex TEXT NOT NULL,
  birth_year TEXT NOT NULL,
  case_id TEXT NOT NULL,
  area TEXT NOT NULL,
  facts_zh TEXT NOT NULL,
  facts_en TEXT NOT NULL,
  reward_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  measure_id TEXT NOT NULL,
  drafted_at BIGINT NOT NULL,
  published_at BIGINT,
  supplements TEXT NOT NULL,
  ended_at BIGINT,
  ended_why TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX notice_measure_id ON notice (measure_id);

CREATE INDEX notice_number ON notice (number);

CREATE INDEX notice_person ON notice (person);

CREATE INDEX notice_state ON notice (state);

CREATE TABLE notification (
  id TEXT NOT NULL,
  code TEXT NOT NULL,
  measure_id TEXT NOT NULL,
  person_ref TEXT NOT NULL,
  parts TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  delay_ground TEXT NOT NULL,
  delay_until_at BIGINT,
  delay_ended_at BIGINT,
  told_at BIGINT,
  channel TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX notification_code ON notification (code);

CREATE INDEX notification_delay_until_at ON notification (delay_until_at);

CREATE INDEX notification_measure_id ON notification (measure_id);

CREATE INDEX notification_person_ref ON notification (person_ref);

CREATE TABLE number_entry (
  id TEXT NOT NULL,
  list_kind TEXT NOT NULL,
  number TEXT NOT NULL,
  prefix BOOLEAN NOT NULL,
  typology TEXT NOT NULL,
  reason TEXT NOT NULL,
  owner TEXT NOT NULL,
  owner_session TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  signed_by TEXT,
  signed_at BIGINT,
  measure_id TEXT,
  area_measure_id TEXT,
  ended_at BIGINT,
  ended_why TEXT NOT NULL,
  brand TEXT NOT NULL,
  hosts TEXT NOT NULL,
  templates TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX number_entry_measure_id ON number_entry (measure_id);

CREATE INDEX number_entry_number ON number_entry (number);

CREATE INDEX number_entry_state_expires_at ON number_entry (state, expires_at);

CREATE TABLE officer (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  unit_id TEXT NOT NULL,
  level BIGINT NOT NULL,
  area TEXT NOT NULL,
  powers TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  to_at BIGINT,
  login TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX officer_login ON officer (login);

CREATE INDEX officer_name ON officer (name);

CREATE TABLE officer_tie (
  id TEXT NOT NULL,
  officer_id TEXT NOT NULL,
  sort TEXT NOT NULL,
  digest TEXT NOT NULL,
  registered_by TEXT NOT NULL,
  registered_at BIGINT NOT NULL,
  ended_by TEXT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (id)
);

CREATE INDEX officer_tie_digest ON officer_tie (digest);

CREATE TABLE operation (
  id TEXT NOT NULL,
  aim TEXT NOT NULL,
  title TEXT NOT NULL,
  state TEXT NOT NULL,
  network_id TEXT NOT NULL,
  proposed_by TEXT NOT NULL,
  proposed_session TEXT NOT NULL,
  proposed_at BIGINT NOT NULL,
  lead_by TEXT NOT NULL,
  lead_session TEXT NOT NULL,
  legal_by TEXT NOT NULL,
  legal_session TEXT NOT NULL,
  rights_check TEXT NOT NULL,
  approved_at BIGINT,
  started_at BIGINT,
  closed_at BIGINT,
  result TEXT NOT NULL,
  review_due_at BIGINT,
  review_said_at BIGINT,
  before_count BIGINT,
  after_count BIGINT,
  recovered BOOLEAN,
  reviewed_by TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX operation_state ON operation (state);

CREATE INDEX operation_state_review_due_at ON operation (state, review_due_at);

CREATE TABLE operation_target (
  id TEXT NOT NULL,
  operation_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  ref TEXT NOT NULL,
  holder TEXT NOT NULL,
  lines TEXT NOT NULL,
  evidence TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  measure_id TEXT NOT NULL,
  answer TEXT NOT NULL,
  answered_at BIGINT,
  PRIMARY KEY (id)
);

CREATE INDEX operation_target_measure_id ON operation_target (measure_id);

CREATE INDEX operation_target_operation_id ON operation_target (operation_id);

CREATE INDEX operation_target_ref ON operation_target (ref);

CREATE TABLE opt_out (
  id TEXT NOT NULL,
  since_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE organiser_lead (
  id TEXT NOT NULL,
  trip TEXT NOT NULL,
  port TEXT NOT NULL,
  escort TEXT NOT NULL,
  escorted TEXT NOT NULL,
  evidence TEXT NOT NULL,
  state TEXT NOT NULL,
  raised_at BIGINT NOT NULL,
  default_for_escorted TEXT NOT NULL,
  reviewed_by TEXT NOT NULL,
  reviewed_session TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  further_evidence TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX organiser_lead_escort ON organiser_lead (escort);

CREATE INDEX organiser_lead_state ON organiser_lead (state);

CREATE TABLE override (
  id TEXT NOT NULL,
  entry_id TEXT NOT NULL,
  entry_version TEXT NOT NULL,
  reason TEXT NOT NULL,
  first_by TEXT NOT NULL,
  first_session TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  second_by TEXT,
  from_at BIGINT,
  to_at BIGINT,
  PRIMARY KEY (id)
);

CREATE TABLE payment (
  id TEXT NOT NULL,
  reference TEXT NOT NULL,
  told_by TEXT NOT NULL,
  by_bank BOOLEAN NOT NULL,
  told_at BIGINT NOT NULL,
  at BIGINT NOT NULL,
  sequence BIGINT NOT NULL,
  source TEXT NOT NULL,
  source_bank TEXT NOT NULL,
  target TEXT NOT NULL,
  target_bank TEXT NOT NULL,
  amount_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT payment_told_by_reference_once UNIQUE (told_by, reference)
);

CREATE INDEX payment_source ON payment (source);

CREATE INDEX payment_target ON payment (target);

CREATE TABLE read_alert (
  id TEXT NOT NULL,
  read_seq BIGINT NOT NULL,
  read_act TEXT NOT NULL,
  thing TEXT NOT NULL,
  thing_id TEXT NOT NULL,
  officer_id TEXT NOT NULL,
  read_session TEXT NOT NULL,
  purpose TEXT NOT NULL,
  read_at BIGINT NOT NULL,
  told BOOLEAN NOT NULL,
  due_at BIGINT,
  justification TEXT NOT NULL,
  justified_at BIGINT,
  decided_by TEXT NOT NULL,
  decided_session TEXT NOT NULL,
  decided_at BIGINT,
  remark TEXT NOT NULL,
  state TEXT NOT NULL,
  lookup TEXT NOT NULL,
  about TEXT NOT NULL,
  known_by TEXT NOT NULL,
  drawn BOOLEAN NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT read_alert_read_seq_once UNIQUE (read_seq)
);

CREATE INDEX read_alert_officer_id ON read_alert (officer_id);

CREATE INDEX read_alert_state_due_at ON read_alert (state, due_at);

CREATE TABLE read_sample (
  id TEXT NOT NULL,
  read_seq BIGINT NOT NULL,
  read_act TEXT NOT NULL,
  thing TEXT NOT NULL,
  thing_id TEXT NOT NULL,
  officer_id TEXT NOT NULL,
  read_session TEXT NOT NULL,
  purpose TEXT NOT NULL,
  read_at BIGINT NOT NULL,
  told BOOLEAN NOT NULL,
  due_at BIGINT,
  justification TEXT NOT NULL,
  justified_at BIGINT,
  decided_by TEXT NOT NULL,
  decided_session TEXT NOT NULL,
  decided_at BIGINT,
  remark TEXT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT read_sample_read_seq_once UNIQUE (read_seq)
);

CREATE INDEX read_sample_officer_id ON read_sample (officer_id);

CREATE INDEX read_sample_state_due_at ON read_sample (state, due_at);

CREATE TABLE recovery (
  id TEXT NOT NULL,
  currency TEXT NOT NULL,
  reported_minor BIGINT NOT NULL,
  traced_minor BIGINT NOT NULL,
  stopped_minor BIGINT NOT NULL,
  frozen_minor BIGINT NOT NULL,
  released_minor BIGINT NOT NULL,
  returned_minor BIGINT NOT NULL,
  cash_minor BIGINT NOT NULL,
  abroad_minor BIGINT NOT NULL,
  unknown_minor BIGINT NOT NULL,
  unheld_minor BIGINT NOT NULL,
  kept_minor BIGINT NOT NULL,
  reported_at BIGINT NOT NULL,
  first_stop_at BIGINT,
  minutes_count BIGINT,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE release (
  id TEXT NOT NULL,
  title TEXT NOT NULL,
  digest TEXT NOT NULL,
  pack TEXT NOT NULL,
  model_digest TEXT NOT NULL,
  settings TEXT NOT NULL,
  state TEXT NOT NULL,
  percentage BIGINT NOT NULL,
  created_by TEXT NOT NULL,
  created_session TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  signed_by TEXT,
  signed_session TEXT,
  signed_at BIGINT,
  staged_by TEXT,
  staged_at BIGINT,
  follows_id TEXT,
  PRIMARY KEY (id)
);

CREATE INDEX release_state ON release (state);

CREATE TABLE report (
  id TEXT NOT NULL,
  receipt TEXT NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT NOT NULL,
  phone TEXT NOT NULL,
  name TEXT NOT NULL,
  district TEXT NOT NULL,
  text TEXT NOT NULL,
  typology TEXT NOT NULL,
  typology_source TEXT NOT NULL,
  identifiers TEXT NOT NULL,
  payments TEXT NOT NULL,
  loss_minor BIGINT NOT NULL,
  currency TEXT NOT NULL,
  happened_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  acknowledged_at BIGINT NOT NULL,
  answer_due_at BIGINT NOT NULL,
  received_by TEXT NOT NULL,
  accepted_by TEXT NOT NULL,
  decided_at BIGINT,
  refusal_reason TEXT NOT NULL,
  refusal_by TEXT NOT NULL,
  refusal_session TEXT NOT NULL,
  refused_by TEXT NOT NULL,
  overdue_at BIGINT,
  case_id TEXT,
  series_id TEXT,
  PRIMARY KEY (id),
  CONSTRAINT report_receipt_once UNIQUE (receipt)
);

CREATE INDEX report_case_id ON report (case_id);

CREATE INDEX report_district ON report (district);

CREATE INDEX report_series_id ON report (series_id);

CREATE INDEX report_state ON report (state);

CREATE TABLE reported_line (
  id TEXT NOT NULL,
  typology TEXT NOT NULL,
  reports_count BIGINT NOT NULL,
  first_at BIGINT NOT NULL,
  newest_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  sources TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX reported_line_expires_at ON reported_line (expires_at);

CREATE TABLE role_claim (
  id TEXT NOT NULL,
  network_id TEXT NOT NULL,
  node TEXT NOT NULL,
  role TEXT NOT NULL,
  state TEXT NOT NULL,
  evidence TEXT NOT NULL,
  claimed_by TEXT NOT NULL,
  claimed_session TEXT NOT NULL,
  claimed_at BIGINT NOT NULL,
  reviewed_by TEXT NOT NULL,
  reviewed_session TEXT NOT NULL,
  corroborated_by TEXT NOT NULL,
  dropped_why TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX role_claim_network_id ON role_claim (network_id);

CREATE INDEX role_claim_node ON role_claim (node);

CREATE INDEX role_claim_state ON role_claim (state);

CREATE TABLE screening_hour (
  id TEXT NOT NULL,
  hour_at BIGINT NOT NULL,
  channel TEXT NOT NULL,
  carrier TEXT NOT NULL,
  screened_count BIGINT NOT NULL,
  pass_count BIGINT NOT NULL,
  flag_count BIGINT NOT NULL,
  hold_count BIGINT NOT NULL,
  block_count BIGINT NOT NULL,
  undecided_count BIGINT NOT NULL,
  rejected_count BIGINT NOT NULL,
  rule_hits TEXT NOT NULL,
  undecided_rules TEXT NOT NULL,
  shadow_counts TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX screening_hour_channel_hour_at ON screening_hour (channel, hour_at);

CREATE TABLE series (
  id TEXT NOT NULL,
  state TEXT NOT NULL,
  seed_id TEXT NOT NULL,
  member_ids TEXT NOT NULL,
  typology TEXT NOT NULL,
  lines TEXT NOT NULL,
  accounts TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX series_state ON series (state);

CREATE TABLE series_join (
  id TEXT NOT NULL,
  series_id TEXT NOT NULL,
  report_id TEXT NOT NULL,
  other_id TEXT NOT NULL,
  evidence TEXT NOT NULL,
  weight FLOAT NOT NULL,
  state TEXT NOT NULL,
  proposed_at BIGINT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at BIGINT,
  reason TEXT NOT NULL,
  moved_ids TEXT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX series_join_other_id ON series_join (other_id);

CREATE INDEX series_join_report_id ON series_join (report_id);

CREATE INDEX series_join_series_id ON series_join (series_id);

CREATE INDEX series_join_state ON series_join (state);

CREATE TABLE series_member (
  id TEXT NOT NULL,
  series_id TEXT NOT NULL,
  stage TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX series_member_series_id ON series_member (series_id);

CREATE TABLE session (
  id TEXT NOT NULL,
  token_digest TEXT NOT NULL,
  login TEXT NOT NULL,
  officer_id TEXT NOT NULL,
  address TEXT NOT NULL,
  started_at BIGINT NOT NULL,
  seen_at BIGINT NOT NULL,
  proved_at BIGINT NOT NULL,
  idle_until_at BIGINT NOT NULL,
  ends_at BIGINT NOT NULL,
  ended_at BIGINT,
  PRIMARY KEY (id),
  CONSTRAINT session_token_digest_once UNIQUE (token_digest)
);

CREATE TABLE shadow_tally (
  id TEXT NOT NULL,
  release_id TEXT NOT NULL,
  channel TEXT NOT NULL,
  since_at BIGINT NOT NULL,
  rows_count BIGINT NOT NULL,
  newly_count BIGINT NOT NULL,
  freed_count BIGINT NOT NULL,
  agree_count BIGINT NOT NULL,
  rule_hits TEXT NOT NULL,
  rule_newly TEXT NOT NULL,
  sketch TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX shadow_tally_release_id ON shadow_tally (release_id);

CREATE TABLE sighting (
  id TEXT NOT NULL,
  own_line TEXT NOT NULL,
  own_accounts TEXT NOT NULL,
  lines TEXT NOT NULL,
  accounts TEXT NOT NULL,
  reached TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE snooze (
  id TEXT NOT NULL,
  number TEXT NOT NULL,
  rules TEXT NOT NULL,
  verdict_id TEXT NOT NULL,
  appeal_id TEXT NOT NULL,
  from_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  release_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  granted_by TEXT NOT NULL,
  granted_session TEXT NOT NULL,
  signed_by TEXT,
  signed_at BIGINT,
  ended_by TEXT,
  ended_at BIGINT,
  ended_why TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX snooze_number ON snooze (number);

CREATE INDEX snooze_release_id ON snooze (release_id);

CREATE INDEX snooze_state_expires_at ON snooze (state, expires_at);

CREATE INDEX snooze_verdict_id ON snooze (verdict_id);

CREATE TABLE statement (
  id TEXT NOT NULL,
  account TEXT NOT NULL,
  bank TEXT NOT NULL,
  balance_minor BIGINT,
  as_of_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX statement_account ON statement (account);

CREATE TABLE stopped_text (
  id TEXT NOT NULL,
  text TEXT NOT NULL,
  template TEXT NOT NULL,
  at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  expired BOOLEAN NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX stopped_text_expired_expires_at ON stopped_text (expired, expires_at);

CREATE INDEX stopped_text_template ON stopped_text (template);

CREATE TABLE suspect (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  name_latin TEXT NOT NULL,
  aliases TEXT NOT NULL,
  sex TEXT NOT NULL,
  birth_on TEXT NOT NULL,
  document_no TEXT NOT NULL,
  network_id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  source TEXT NOT NULL,
  evidence TEXT NOT NULL,
  warrant TEXT NOT NULL,
  at_large TEXT NOT NULL,
  identified_by TEXT NOT NULL,
  identified_at BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX suspect_case_id ON suspect (case_id);

CREATE INDEX suspect_document_no ON suspect (document_no);

CREATE INDEX suspect_network_id ON suspect (network_id);

CREATE TABLE telling (
  id TEXT NOT NULL,
  carrier TEXT NOT NULL,
  "to" TEXT NOT NULL,
  sort TEXT NOT NULL,
  about_id TEXT NOT NULL,
  text_zh TEXT NOT NULL,
  text_en TEXT NOT NULL,
  state TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  erase_at BIGINT NOT NULL,
  sent_at BIGINT,
  delivered_at BIGINT,
  PRIMARY KEY (id)
);

CREATE INDEX telling_about_id ON telling (about_id);

CREATE INDEX telling_carrier_state ON telling (carrier, state);

CREATE INDEX telling_erase_at ON telling (erase_at);

CREATE TABLE tip (
  id TEXT NOT NULL,
  notice_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  text TEXT NOT NULL,
  place TEXT NOT NULL,
  state TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  judged_by TEXT NOT NULL,
  judgement TEXT NOT NULL,
  overdue_at BIGINT,
  PRIMARY KEY (id)
);

CREATE INDEX tip_notice_id ON tip (notice_id);

CREATE INDEX tip_state_due_at ON tip (state, due_at);

CREATE TABLE tip_contact (
  id TEXT NOT NULL,
  contact TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE TABLE trace (
  id TEXT NOT NULL,
  report_id TEXT NOT NULL,
  case_id TEXT,
  district TEXT NOT NULL,
  rule TEXT NOT NULL,
  state TEXT NOT NULL,
  currency TEXT NOT NULL,
  reported_minor BIGINT NOT NULL,
  loss_minor BIGINT NOT NULL,
  claims TEXT NOT NULL,
  edges TEXT NOT NULL,
  sunk TEXT NOT NULL,
  dropped_minor BIGINT NOT NULL,
  returned_minor BIGINT NOT NULL,
  frontier TEXT NOT NULL,
  reported_at BIGINT NOT NULL,
  watermark_at BIGINT NOT NULL,
  version BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX trace_case_id ON trace (case_id);

CREATE INDEX trace_state ON trace (state);

CREATE TABLE traced_account (
  id TEXT NOT NULL,
  report_id TEXT NOT NULL,
  account TEXT NOT NULL,
  bank TEXT NOT NULL,
  tier BIGINT NOT NULL,
  claimed_minor BIGINT NOT NULL,
  most_minor BIGINT NOT NULL,
  reached_at BIGINT NOT NULL,
  attempts_spent BOOLEAN NOT NULL,
  spared_minor BIGINT NOT NULL,
  spared_reason TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX traced_account_account ON traced_account (account);

CREATE INDEX traced_account_report_id ON traced_account (report_id);

CREATE TABLE transfer (
  id TEXT NOT NULL,
  den_id TEXT NOT NULL,
  partner TEXT NOT NULL,
  name TEXT NOT NULL,
  name_latin TEXT NOT NULL,
  birth_on TEXT NOT NULL,
  document_no TEXT NOT NULL,
  minor BOOLEAN NOT NULL,
  role_claimed TEXT NOT NULL,
  state TEXT NOT NULL,
  screening_id TEXT NOT NULL,
  nominated_by TEXT NOT NULL,
  nominated_at BIGINT NOT NULL,
  agreement TEXT NOT NULL,
  legal_document TEXT NOT NULL,
  non_punishment BOOLEAN NOT NULL,
  identity_evidence TEXT NOT NULL,
  measure_id TEXT NOT NULL,
  guardian_told TEXT NOT NULL,
  guardian_told_at BIGINT,
  held_state TEXT NOT NULL,
  objection TEXT NOT NULL,
  objection_claim TEXT NOT NULL,
  outcome TEXT NOT NULL,
  handover_id TEXT NOT NULL,
  received_at BIGINT,
  PRIMARY KEY (id)
);

CREATE INDEX transfer_den_id ON transfer (den_id);

CREATE INDEX transfer_document_no ON transfer (document_no);

CREATE INDEX transfer_handover_id ON transfer (handover_id);

CREATE INDEX transfer_measure_id ON transfer (measure_id);

CREATE INDEX transfer_state ON transfer (state);

CREATE TABLE transition (
  id TEXT NOT NULL,
  machine TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  ordinal BIGINT NOT NULL,
  state_from TEXT NOT NULL,
  act TEXT NOT NULL,
  state_to TEXT NOT NULL,
  at BIGINT NOT NULL,
  by TEXT NOT NULL,
  session TEXT NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT transition_machine_subject_id_ordinal_once UNIQUE (machine, subject_id, ordinal)
);

CREATE TABLE trick_sign (
  id TEXT NOT NULL,
  typology TEXT NOT NULL,
  district TEXT NOT NULL,
  at BIGINT NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX trick_sign_at ON trick_sign (at);

CREATE INDEX trick_sign_typology_district ON trick_sign (typology, district);

CREATE TABLE trip_leg (
  id TEXT NOT NULL,
  trip TEXT NOT NULL,
  traveller TEXT NOT NULL,
  out BOOLEAN NOT NULL,
  at BIGINT NOT NULL,
  kept BOOLEAN NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX trip_leg_kept_at ON trip_leg (kept, at);

CREATE INDEX trip_leg_traveller_out ON trip_leg (traveller, out);

CREATE INDEX trip_leg_trip_at ON trip_leg (trip, at);

CREATE TABLE unit (
  id TEXT NOT NULL,
  name_zh TEXT NOT NULL,
  name_en TEXT NOT NULL,
  level BIGINT NOT NULL,
  area TEXT NOT NULL,
  parent_id TEXT,
  PRIMARY KEY (id)
);

CREATE TABLE verdict (
  id TEXT NOT NULL,
  channel TEXT NOT NULL,
  at BIGINT NOT NULL,
  verdict TEXT NOT NULL,
  score FLOAT NOT NULL,
  rules TEXT NOT NULL,
  reasons TEXT NOT NULL,
  typology TEXT NOT NULL,
  number TEXT NOT NULL,
  carrier TEXT NOT NULL,
  release_id TEXT NOT NULL,
  release_digest TEXT NOT NULL,
  features TEXT NOT NULL,
  parts TEXT NOT NULL,
  expires_at BIGINT NOT NULL,
  muted TEXT NOT NULL,
  campaign_id TEXT NOT NULL,
  text_key TEXT NOT NULL,
  expired BOOLEAN NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX verdict_campaign_id ON verdict (campaign_id);

CREATE INDEX verdict_carrier_at ON verdict (carrier, at);

CREATE INDEX verdict_channel_verdict_at ON verdict (channel, verdict, at);

CREATE INDEX verdict_expired_expires_at ON verdict (expired, expires_at);

CREATE INDEX verdict_number_at ON verdict (number, at);

CREATE INDEX verdict_text_key_campaign_id ON verdict (text_key, campaign_id);

CREATE TABLE victim_screening (
  id TEXT NOT NULL,
  transfer_id TEXT NOT NULL,
  circumstances TEXT NOT NULL,
  state TEXT NOT NULL,
  result TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  indicators TEXT NOT NULL,
  language TEXT NOT NULL,
  interpreter TEXT NOT NULL,
  screened_by TEXT NOT NULL,
  screened_at BIGINT,
  note TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX victim_screening_state ON victim_screening (state);

CREATE INDEX victim_screening_transfer_id ON victim_screening (transfer_id);

CREATE TABLE visit (
  id TEXT NOT NULL,
  warning_id TEXT NOT NULL,
  person TEXT NOT NULL,
  district TEXT NOT NULL,
  typology TEXT NOT NULL,
  code TEXT NOT NULL,
  state TEXT NOT NULL,
  outcome TEXT NOT NULL,
  issued_at BIGINT NOT NULL,
  sign_by_at BIGINT NOT NULL,
  meet_by_at BIGINT NOT NULL,
  erase_at BIGINT NOT NULL,
  dispatched_by TEXT NOT NULL,
  dispatched_at BIGINT,
  officer_id TEXT NOT NULL,
  signed_at BIGINT,
  met_at BIGINT,
  late_at BIGINT,
  next_follow_up_at BIGINT,
  follow_up_due_at BIGINT,
  follow_ups TEXT NOT NULL,
  closed_at BIGINT,
  PRIMARY KEY (id)
);

CREATE INDEX visit_code ON visit (code);

CREATE INDEX visit_district ON visit (district);

CREATE INDEX visit_erase_at ON visit (erase_at);

CREATE INDEX visit_person ON visit (person);

CREATE INDEX visit_state ON visit (state);

CREATE TABLE warning (
  id TEXT NOT NULL,
  person TEXT NOT NULL,
  role TEXT NOT NULL,
  carrier TEXT NOT NULL,
  district TEXT NOT NULL,
  level TEXT NOT NULL,
  state TEXT NOT NULL,
  typology TEXT NOT NULL,
  contacts TEXT NOT NULL,
  contacts_count BIGINT NOT NULL,
  seconds_count BIGINT NOT NULL,
  evidence TEXT NOT NULL,
  code TEXT NOT NULL,
  issued_at BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  erase_at BIGINT NOT NULL,
  visit_id TEXT NOT NULL,
  outcome TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX warning_district ON warning (district);

CREATE INDEX warning_erase_at ON warning (erase_at);

CREATE INDEX warning_person ON warning (person);

CREATE INDEX warning_state ON warning (state);

CREATE TABLE watched_line (
  id TEXT NOT NULL,
  typology TEXT NOT NULL,
  since_at BIGINT NOT NULL,
  until_at BIGINT NOT NULL,
  confirmed BOOLEAN NOT NULL,
  refs TEXT NOT NULL,
  PRIMARY KEY (id)
);

CREATE INDEX watched_line_confirmed ON watched_line (confirmed);
