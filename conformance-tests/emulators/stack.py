"""Deploys a CloudFormation template with the vendor's SDK, and prints the outputs of the stack as JSON.

Usage: stack.py ENDPOINT TEMPLATE ARCHIVE NAME=VALUE... The archive is put where the parameters CodeBucket and CodeKey
say. What a template does not create is created before: a table for each `table=NAME:KEY` of the arguments, a secret for each
`secret=NAME:VALUE`.
"""

import json
import sys
import time

import boto3


def client(service, endpoint):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def create_table(dynamodb, name, key):
    dynamodb.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
        KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
    )


def deploy(endpoint, template, parameters):
    formation = client("cloudformation", endpoint)
    formation.validate_template(TemplateBody=template)
    formation.create_stack(
        StackName="application",
        TemplateBody=template,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )
    for _ in range(300):
        (stack,) = formation.describe_stacks(StackName="application")["Stacks"]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return stack
        if not stack["StackStatus"].endswith("CREATE_IN_PROGRESS"):
            break
        time.sleep(0.1)
    events = formation.describe_stack_events(StackName="application")["StackEvents"]
    for event in events:
        print(event["LogicalResourceId"], event["ResourceStatus"], event.get("ResourceStatusReason", ""), file=sys.stderr)
    sys.exit(f"the stack is {stack['StackStatus']}")


def main():
    endpoint, template, archive, *arguments = sys.argv[1:]
    parameters = {}
    for argument in arguments:
        name, value = argument.split("=", 1)
        if name == "table":
            create_table(client("dynamodb", endpoint), *value.split(":"))
        elif name == "secret":
            name, value = value.split(":")
            client("secretsmanager", endpoint).create_secret(Name=name, SecretString=value)
        else:
            parameters[name] = value
    s3 = client("s3", endpoint)
    s3.create_bucket(Bucket=parameters["CodeBucket"])
    s3.upload_file(archive, parameters["CodeBucket"], parameters["CodeKey"])
    with open(template, encoding="utf-8") as file:
        stack = deploy(endpoint, file.read(), parameters)
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    json.dump(outputs, sys.stdout)


if __name__ == "__main__":
    main()
