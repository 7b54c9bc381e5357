//! What is damaged in the form in which a front end or a sender of events brings it.

use uuid::Uuid;

use super::{ContractDoor, Damage};
use crate::Failure;
use crate::door::brought::{self, Tried};
use crate::door::{WireRequest, WireResponse};

impl ContractDoor {
    /// What is heard of the refusal of what is damaged.
    pub(super) async fn refusal(&self, damage: Damage) -> Result<String, Failure> {
        let events = self.contract.events;
        let id = Uuid::new_v4().to_string();
        let tried = Tried {
            id: &id,
            attempt: 1,
        };
        match damage {
            Damage::Content => self.content(damage).await,
            Damage::Event => {
                let answer = self.plainly(&(events.no_base64)(tried)).await?;
                refused(damage, &answer, events.is_done)
            }
            Damage::MediaType => {
                let answer = self.plainly(&(events.mistyped)(tried)).await?;
                refused(damage, &answer, brought::by_status)
            }
        }
    }

    /// The same of content, where anything is around it.
    async fn content(&self, damage: Damage) -> Result<String, Failure> {
        let Some(around) = self.contract.around else {
            return Err(damage.not_brought());
        };
        let mut request = WireRequest::new("POST", "/damaged")
            .header("content-type", "application/octet-stream")
            .body([0, 255]);
        (self.contract.fields)(&mut request, &Uuid::new_v4());
        let mut call = (around.call)(&request);
        (around.damage)(&mut call);
        let answer = self.plainly(&call).await?;
        refused(damage, &(around.response)(&answer)?, brought::by_status)
    }
}

fn refused(
    damage: Damage,
    answer: &WireResponse,
    is_done: fn(&WireResponse) -> bool,
) -> Result<String, Failure> {
    let body = String::from_utf8_lossy(&answer.body);
    let told = format!("{}: {body}", answer.status);
    if is_done(answer) {
        return Err(damage.was_taken(&told));
    }
    Ok(told)
}
