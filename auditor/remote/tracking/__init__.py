"""What is spoken with an MLflow tracking server: which one it is, its registry's answers, where artifacts lie."""
