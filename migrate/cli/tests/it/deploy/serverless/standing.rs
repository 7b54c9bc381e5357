//! What stands in a template of CloudFormation, without the names that its author gives the parts of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// What has to be the same, whoever has written the template.
const COMPARED: [&str; 12] = [
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::DynamoDB::Table",
    "AWS::Events::Rule",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::Permission",
    "AWS::S3::Bucket",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
];

/// What the vendor takes for granted where it is not said, and where code and logs are.
const LEFT_OUT: [&str; 9] = [
    "BatchSize",
    "Code",
    "DefaultRouteSettings",
    "Enabled",
    "Id",
    "LogGroup",
    "Role",
    "State",
    "MaximumBatchingWindowInSeconds",
];

/// A template, and the values of its parameters.
struct Read<'t> {
    resources: &'t Map<String, Value>,
    parameters: BTreeMap<String, String>,
}

/// The resources, each in one text.
pub(super) fn standing(template: &Value, parameters: &[&str]) -> BTreeSet<String> {
    let read = Read::new(template, parameters);
    let kinds = read.resources.iter().filter(|(id, resource)| {
        let kind = resource["Type"].as_str().unwrap();
        COMPARED.contains(&kind) && !id.starts_with("ServerlessDeployment")
    });
    let told = kinds.map(|(_, resource)| {
        let kind = resource["Type"].as_str().unwrap();
        let kept = resource["DeletionPolicy"].as_str().unwrap_or_default();
        format!("{kind} {kept} {}", read.plain(&resource["Properties"]))
    });
    told.collect()
}

/// What the role of the function lets it do, each action on each resource; but for its log, which has another name.
pub(super) fn granted(template: &Value, parameters: &[&str]) -> BTreeSet<String> {
    let read = Read::new(template, parameters);
    let mut roles = read.resources.values();
    let role = roles.find(|resource| resource["Type"] == "AWS::IAM::Role");
    let policies = &role.unwrap()["Properties"]["Policies"];
    let statements = policies[0]["PolicyDocument"]["Statement"]
        .as_array()
        .unwrap();
    let pairs = statements.iter().flat_map(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        let actions = each(&statement["Action"]).into_iter();
        actions.flat_map(|action| {
            let resources = each(&statement["Resource"]).into_iter();
            resources.map(move |resource| (action, resource))
        })
    });
    let read_pairs = pairs.map(|(action, resource)| {
        let action = action.as_str().unwrap();
        (action, read.plain(resource))
    });
    let (logs, granted): (Vec<_>, Vec<_>) =
        read_pairs.partition(|(action, _)| action.starts_with("logs:"));
    assert!(logs.iter().all(|(_, resource)| resource != "*"), "{logs:?}");
    let granted = granted.into_iter();
    granted
        .map(|(action, resource)| format!("{action} {resource}"))
        .collect()
}

fn each(value: &Value) -> Vec<&Value> {
    value
        .as_array()
        .map_or_else(|| vec![value], |all| all.iter().collect())
}

impl<'t> Read<'t> {
    fn new(template: &'t Value, parameters: &[&str]) -> Self {
        let defaults = template["Parameters"].as_object().into_iter().flatten();
        let defaults = defaults.filter_map(|(name, parameter)| {
            let default = parameter["Default"].as_str()?;
            Some((name.clone(), default.to_owned()))
        });
        let mut parameters: BTreeMap<String, String> = parameters
            .iter()
            .map(|one| one.split_once('=').unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        for (name, default) in defaults {
            parameters.entry(name).or_insert(default);
        }
        Self {
            resources: template["Resources"].as_object().unwrap(),
            parameters,
        }
    }

    /// A value with references by what they lead to.
    fn plain(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|item| self.plain(item)).collect(),
            Value::Object(map) => match map.iter().next() {
                Some((name, of)) if name == "Ref" => self.referred(of.as_str().unwrap()),
                Some((name, of)) if name == "Fn::Sub" => self.filled(of.as_str().unwrap()).into(),
                Some((name, of)) if name == "Fn::Join" => self.joined(of).into(),
                Some((name, of)) if name == "Fn::GetAtt" => self.attribute(of).into(),
                Some((name, of)) if name == "Fn::If" => self.chosen(of),
                _ => {
                    let kept = map
                        .iter()
                        .filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
                    let kept = kept.map(|(name, value)| (name.clone(), self.plain(value)));
                    let kept = kept.filter(|(_, value)| !value.is_null());
                    let sorted: BTreeMap<String, Value> = kept.collect();
                    sorted.into_iter().collect()
                }
            },
            other => other.clone(),
        }
    }

    fn referred(&self, name: &str) -> Value {
        if name == "AWS::NoValue" {
            return Value::Null;
        }
        match self.parameters.get(name) {
            Some(value) => value.as_str().into(),
            None if self.resources.contains_key(name) => self.named(name).into(),
            None => format!("${{{name}}}").into(),
        }
    }

    /// A resource by its kind and its name at the vendor.
    fn named(&self, id: &str) -> String {
        let resource = &self.resources[id];
        let name = ["QueueName", "TopicName", "TableName", "BucketName", "Name"];
        let mut names = name.iter().map(|name| &resource["Properties"][name]);
        let name = names
            .find(|name| !name.is_null())
            .map(|name| self.plain(name));
        format!(
            "{}({})",
            resource["Type"].as_str().unwrap(),
            name.unwrap_or_default()
        )
    }

    fn filled(&self, text: &str) -> String {
        let parameters = self.parameters.iter();
        let text = parameters.fold(text.to_owned(), |text, (name, value)| {
            text.replace(&format!("${{{name}}}"), value)
        });
        let is_there = |id: &&String| text.contains(&format!("${{{id}}}"));
        match self.resources.keys().find(is_there) {
            Some(id) => self.filled(&text.replace(&format!("${{{id}}}"), &self.named(id))),
            None => text,
        }
    }

    fn joined(&self, of: &Value) -> String {
        let parts = of[1]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| self.plain(part));
        let parts: Vec<String> = parts
            .map(|part| part.as_str().unwrap().to_owned())
            .collect();
        parts.join(of[0].as_str().unwrap())
    }

    /// An attribute, an ARN as the vendor forms it.
    fn attribute(&self, of: &Value) -> String {
        let (id, attribute) = (of[0].as_str().unwrap(), of[1].as_str().unwrap());
        let properties = &self.resources[id]["Properties"];
        let own = "${AWS::Region}:${AWS::AccountId}";
        match (self.resources[id]["Type"].as_str().unwrap(), attribute) {
            ("AWS::SQS::Queue", "Arn") => {
                let name = self.plain(&properties["QueueName"]);
                format!(
                    "arn:${{AWS::Partition}}:sqs:{own}:{}",
                    name.as_str().unwrap()
                )
            }
            ("AWS::DynamoDB::Table", "StreamArn") => {
                let name = self.plain(&properties["TableName"]);
                let name = name.as_str().unwrap();
                format!("arn:${{AWS::Partition}}:dynamodb:{own}:table/{name}/stream/*")
            }
            // There is one of them.
            ("AWS::Lambda::Function", "Arn") => "AWS::Lambda::Function(null)".to_owned(),
            _ => format!("{} of {}", attribute, self.named(id)),
        }
    }

    /// No condition of the tests' values is false but that of a setting without one.
    fn chosen(&self, of: &Value) -> Value {
        let name = of[0].as_str().unwrap().strip_prefix("Has");
        let value = name.and_then(|name| self.parameters.get(name));
        if value.is_some_and(String::is_empty) {
            return Value::Null;
        }
        self.plain(&of[1])
    }
}
