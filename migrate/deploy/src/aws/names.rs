//! Names of AWS: what its resources may be called behind any prefix, and who has to be called otherwise.

use serde_json::Value;

use super::template::{FAILED_EVENTS, Template};
use crate::error::{Error, Result};
use crate::names::{Called, Rule, is_lower, is_of};

/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
const BUCKET: Rule = Rule {
    kind: "bucket of S3",
    takes: is_bucket,
    words: "at most 63 lower-case letters, digits, `-` and single `.`, a letter or digit first and last, and no ending \
            that S3 keeps for itself",
};
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html>
const QUEUE: Rule = Rule {
    kind: "queue of SQS",
    takes: |name| name.len() <= 80 && is_of(plain(name), (1, 80), "-_"),
    words: "at most 80 letters, digits, `-` and `_`, with `.fifo` where it keeps an order",
};
/// <https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>
const TOPIC: Rule = Rule {
    kind: "topic of SNS",
    takes: |name| name.len() <= 256 && is_of(plain(name), (1, 256), "-_"),
    words: "at most 256 letters, digits, `-` and `_`, with `.fifo` where it keeps an order",
};
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html>
const TABLE: Rule = Rule {
    kind: "table of DynamoDB",
    takes: |name| is_of(name, (1, 255), "-_."),
    words: "at most 255 letters, digits, `-`, `_` and `.`",
};
/// <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html>
const RULE: Rule = Rule {
    kind: "rule of EventBridge",
    takes: |name| is_of(name, (1, 64), "-_."),
    words: "at most 64 letters, digits, `-`, `_` and `.`, the name of the application among them",
};

/// <https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html>
const VARIABLE: Rule = Rule {
    kind: "variable of Lambda",
    takes: |name| {
        is_of(name, (2, 512), "_")
            && name.starts_with(|first: char| first.is_ascii_alphabetic())
            && !RESERVED.contains(&name)
    },
    words: "at least two letters, digits and `_`, a letter first, and is none of those that Lambda sets itself",
};
/// What Lambda sets and takes from nobody, but for two that begin with no letter.
///
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
const RESERVED: [&str; 19] = [
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_RUNTIME_DIR",
    "LAMBDA_TASK_ROOT",
];

/// A kind of resource that is called by what is declared.
struct Kind {
    resource: &'static str,
    /// The property with its name.
    property: &'static str,
    rule: Rule,
    /// The fewest and the most characters, with the prefix.
    length: (usize, usize),
}

const KINDS: [Kind; 5] = [
    Kind {
        resource: "AWS::S3::Bucket",
        property: "BucketName",
        rule: BUCKET,
        length: (3, 63),
    },
    Kind {
        resource: "AWS::SQS::Queue",
        property: "QueueName",
        rule: QUEUE,
        length: (1, 80),
    },
    Kind {
        resource: "AWS::SNS::Topic",
        property: "TopicName",
        rule: TOPIC,
        length: (1, 256),
    },
    Kind {
        resource: "AWS::DynamoDB::Table",
        property: "TableName",
        rule: TABLE,
        length: (3, 255),
    },
    Kind {
        resource: "AWS::Events::Rule",
        property: "Name",
        rule: RULE,
        length: (1, 64),
    },
];

/// The most characters of a prefix, which ends with a dash: with it every function has a name that Lambda takes.
const LONGEST_PREFIX: usize = 22;

/// The pattern of prefixes where none fits but an empty one.
pub(super) const NO_PREFIX_LEFT: &str = "^$";

/// Which prefixes all names of a stack bear.
#[derive(Debug, Clone, Copy)]
pub(super) struct Prefixes {
    /// The most characters, with the dash at the end.
    pub(super) most: usize,
    /// Some name is too short without one.
    pub(super) is_needed: bool,
}

impl Prefixes {
    /// Those that the template takes, as a regular expression.
    pub(super) fn pattern(self) -> String {
        if self.most < 2 {
            return NO_PREFIX_LEFT.to_owned();
        }
        let whole = format!("([a-z0-9][a-z0-9-]{{0,{}}}-)", self.most - 2);
        let may_be_empty = if self.is_needed { "" } else { "?" };
        format!("^{whole}{may_be_empty}$")
    }
}

/// Refuses what could not be made, by the name that the application gives it, and says which prefixes are left.
pub(super) fn check(template: &Template<'_>) -> Result<Prefixes> {
    let mut called = Called::default();
    let mut prefixes = Prefixes {
        most: LONGEST_PREFIX,
        is_needed: false,
    };
    for (id, resource) in &template.resources {
        let mut kinds = KINDS.iter();
        let Some(kind) = kinds.find(|kind| resource["Type"] == kind.resource) else {
            continue;
        };
        let Some((name, is_prefixed)) = name_of(&resource["Properties"][kind.property]) else {
            continue;
        };
        let declared = match id.as_str() {
            FAILED_EVENTS => ("application", template.application.name.as_str()),
            _ => template.declared(id),
        };
        kind.rule.check(declared, name)?;
        let prefix = if is_prefixed { "${Prefix}" } else { "" };
        called.add(kind.resource, format!("{prefix}{name}"));
        if is_prefixed {
            prefixes.most = prefixes.most.min(kind.length.1 - name.len());
            prefixes.is_needed |= name.len() < kind.length.0;
        }
    }
    called.check()?;
    if prefixes.is_needed && prefixes.most < 2 {
        return Err(Error::unsupported(
            "some names are too short without a prefix, and others too long with any: call one of them otherwise",
        ));
    }
    let application = template.application;
    for setting in &application.settings {
        VARIABLE.check(("setting", &setting.name), &setting.name)?;
    }
    for secret in &application.secrets {
        VARIABLE.check(("secret", &secret.name), &secret.name)?;
    }
    Ok(prefixes)
}

/// A name, and whether the prefix goes before it.
fn name_of(property: &Value) -> Option<(&str, bool)> {
    if let Some(name) = property.as_str() {
        return Some((name, false));
    }
    let name = property["Fn::Sub"].as_str()?;
    Some((name.strip_prefix("${Prefix}")?, true))
}

/// A name without the ending that tells what keeps an order.
fn plain(name: &str) -> &str {
    name.strip_suffix(".fifo").unwrap_or(name)
}

fn is_bucket(name: &str) -> bool {
    const BEGINNINGS: [&str; 3] = ["xn--", "sthree-", "amzn-s3-demo-"];
    const ENDINGS: [&str; 5] = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    let is_address = name.parse::<std::net::Ipv4Addr>().is_ok();
    is_lower(name, (1, 63), "-.")
        && !name.contains("..")
        && !is_address
        && !BEGINNINGS.iter().any(|kept| name.starts_with(kept))
        && !ENDINGS.iter().any(|kept| name.ends_with(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_as_long_as_the_longest_name_leaves_them() {
        let pattern = |most, is_needed| Prefixes { most, is_needed }.pattern();
        assert_eq!(pattern(22, false), "^([a-z0-9][a-z0-9-]{0,20}-)?$");
        assert_eq!(pattern(5, true), "^([a-z0-9][a-z0-9-]{0,3}-)$");
        assert_eq!(pattern(1, false), "^$");
    }

    #[test]
    fn buckets_have_the_names_that_the_document_of_s3_allows() {
        for name in ["photos", "a.b-c", "1", "photos-s3"] {
            assert!(is_bucket(name), "{name}");
        }
        for name in [
            "",
            "Photos",
            "user_photos",
            "-a",
            "a-",
            "a..b",
            "192.168.5.4",
            "xn--a",
            "a--ol-s3",
            ".a",
        ] {
            assert!(!is_bucket(name), "{name}");
        }
    }
}
