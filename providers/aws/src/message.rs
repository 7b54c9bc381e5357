//! What those who send messages by SQS and SNS and those who receive them must agree on.

/// What the group of a message that has none begins with in a FIFO queue; its id of deduplication
/// follows.
pub(crate) const ALONE: &str = "isobar-alone-";

/// Whether a text may be what a topic of SNS has put into a queue: a receiver takes no other for one,
/// and a sender seals it, so that it arrives as it was sent.
pub(crate) fn may_be_notification(text: &str) -> bool {
    let members = [
        r#""Notification""#,
        r#""TopicArn""#,
        r#""SignatureVersion""#,
    ];
    text.starts_with('{') && members.iter().all(|member| text.contains(member))
}
