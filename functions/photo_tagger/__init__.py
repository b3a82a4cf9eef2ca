"""What the functions share: the domain (`domain`, no AWS) and the AWS it is kept in (`aws`)."""
