"""What answers consist of, for the OpenAPI document. Answers are made elsewhere; tests hold them to these models."""
