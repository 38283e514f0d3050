"""How the text model is made: labels, augmentation, our own example texts, fitting."""
