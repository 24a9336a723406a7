"""What is said of models and audits: the verdict under the policy of now, its documents, pages and badges."""
