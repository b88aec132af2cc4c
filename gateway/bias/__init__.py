"""Whether a deployment's answers are bent where its makers' government wants them bent: asked, scored, kept with a date."""
