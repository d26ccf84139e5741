"""The page of `/docs`: the OpenAPI document for people, drawn here, without anything from another host."""
