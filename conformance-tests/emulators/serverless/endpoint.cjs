// Required before the framework: has its calls go to AWS_ENDPOINT_URL, which version 2 of the vendor's SDK does not read.

const AWS = require("aws-sdk");

AWS.config.update({ endpoint: process.env.AWS_ENDPOINT_URL, s3ForcePathStyle: true });
