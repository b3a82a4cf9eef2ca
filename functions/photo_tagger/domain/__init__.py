"""Photos, drafts, style, rules, links and decisions. Nothing in here knows AWS."""
