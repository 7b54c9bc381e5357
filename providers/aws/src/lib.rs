//! Isobar on Amazon Web Services: DynamoDB, S3, Lambda.
