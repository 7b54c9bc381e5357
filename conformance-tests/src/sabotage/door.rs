//! A door that does what another does, but changes what goes through it.

use std::net::IpAddr;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use isobar::Capabilities;

use crate::door::{
    Damage, Door, Doors, ProbeProcess, SizeLimit, WireChange, WireMessage, WireRequest,
    WireResponse, WireStream, WireWrite,
};
use crate::{Evidence, Failure};

/// What is wrong; [`DoorFault::NONE`] is nothing.
#[derive(Debug, Clone, Copy)]
pub(super) struct DoorFault {
    /// Changes a request on its way in.
    pub(super) request: fn(&mut WireRequest),
    /// Changes a response on its way out.
    pub(super) response: fn(&WireRequest, &mut WireResponse),
    /// Changes a response that comes in pieces.
    pub(super) stream: fn(WireStream) -> WireStream,
    /// Changes what the platform hears of a failed start, or of what is damaged.
    pub(super) heard: fn(String) -> String,
    /// Changes messages on their way in.
    pub(super) messages: fn(&mut Vec<WireMessage>),
    /// Alters changes of blobs on their way in.
    pub(super) changes: fn(&mut Vec<WireChange>),
    /// Alters writes of documents on their way in.
    pub(super) writes: fn(&mut Vec<WireWrite>),
    /// Alters what the probe has logged.
    pub(super) logs: fn(&mut Vec<String>),
}

impl DoorFault {
    /// Nothing is wrong.
    pub(super) const NONE: Self = Self {
        request: |_| {},
        response: |_, _| {},
        stream: |stream| stream,
        heard: |heard| heard,
        messages: |_| {},
        changes: |_| {},
        writes: |_| {},
        logs: |_| {},
    };
}

/// Doors with one fault.
#[derive(Debug)]
pub(super) struct SabotagedDoors {
    inner: Arc<dyn Doors>,
    fault: DoorFault,
}

#[derive(Debug)]
struct SabotagedDoor {
    inner: Box<dyn Door>,
    fault: DoorFault,
}

impl SabotagedDoors {
    pub(super) fn over(inner: Arc<dyn Doors>, fault: DoorFault) -> Arc<dyn Doors> {
        Arc::new(Self { inner, fault })
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Doors for SabotagedDoors {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn evidence(&self) -> Evidence {
        self.inner.evidence()
    }

    fn client(&self) -> Option<IpAddr> {
        self.inner.client()
    }

    fn scheme(&self) -> Option<&'static str> {
        self.inner.scheme()
    }

    fn reserved(&self) -> Vec<(&'static str, &'static str)> {
        self.inner.reserved()
    }

    fn most_content(&self) -> usize {
        self.inner.most_content()
    }

    fn has_stages(&self) -> bool {
        self.inner.has_stages()
    }

    fn tells_host(&self) -> bool {
        self.inner.tells_host()
    }

    fn tells_base_path(&self) -> bool {
        self.inner.tells_base_path()
    }

    fn is_server(&self) -> bool {
        self.inner.is_server()
    }

    fn counts_hops(&self) -> bool {
        self.inner.counts_hops()
    }

    fn most_message(&self) -> usize {
        self.inner.most_message()
    }

    fn deadline(&self) -> Option<Duration> {
        self.inner.deadline()
    }

    fn content_limit(&self) -> SizeLimit {
        self.inner.content_limit()
    }

    fn target_limit(&self) -> Option<SizeLimit> {
        self.inner.target_limit()
    }

    fn head_limit(&self) -> Option<SizeLimit> {
        self.inner.head_limit()
    }

    fn one_at_a_time(&self) -> bool {
        self.inner.one_at_a_time()
    }

    fn counts_deliveries(&self) -> bool {
        self.inner.counts_deliveries()
    }

    async fn open_with(
        &self,
        variables: &[(&'static str, String)],
    ) -> Result<Box<dyn Door>, Failure> {
        let inner = self.inner.open_with(variables).await?;
        let fault = self.fault;
        Ok(Box::new(SabotagedDoor { inner, fault }))
    }

    async fn open_broken(&self) -> Result<(String, ExitStatus), Failure> {
        let (heard, ended) = self.inner.open_broken().await?;
        Ok(((self.fault.heard)(heard), ended))
    }

    async fn open(&self) -> Result<Box<dyn Door>, Failure> {
        let inner = self.inner.open().await?;
        let fault = self.fault;
        Ok(Box::new(SabotagedDoor { inner, fault }))
    }
}

#[async_trait]
#[deny(clippy::missing_trait_methods)]
impl Door for SabotagedDoor {
    async fn send(&self, request: &WireRequest) -> Result<WireResponse, Failure> {
        let mut sabotaged = request.clone();
        (self.fault.request)(&mut sabotaged);
        let mut response = self.inner.send(&sabotaged).await?;
        (self.fault.response)(request, &mut response);
        Ok(response)
    }

    async fn stream(&self, request: &WireRequest) -> Result<WireStream, Failure> {
        let stream = self.inner.stream(request).await?;
        Ok((self.fault.stream)(stream))
    }

    async fn deliver(&self, messages: &[WireMessage]) -> Result<(), Failure> {
        let mut sabotaged = messages.to_vec();
        (self.fault.messages)(&mut sabotaged);
        self.inner.deliver(&sabotaged).await
    }

    async fn deliver_to(&self, topic: &str, messages: &[WireMessage]) -> Result<(), Failure> {
        self.inner.deliver_to(topic, messages).await
    }

    async fn bring(
        &self,
        name: Option<&str>,
        request: &WireRequest,
    ) -> Result<WireResponse, Failure> {
        let mut response = self.inner.bring(name, request).await?;
        (self.fault.response)(request, &mut response);
        Ok(response)
    }

    async fn bring_damaged(&self, damage: Damage) -> Result<String, Failure> {
        let heard = self.inner.bring_damaged(damage).await?;
        Ok((self.fault.heard)(heard))
    }

    async fn tick(&self, schedule: &str) -> Result<(), Failure> {
        self.inner.tick(schedule).await
    }

    async fn replay(&self, id: &str) -> Result<(), Failure> {
        self.inner.replay(id).await
    }

    async fn change(&self, changes: &[WireChange]) -> Result<(), Failure> {
        let mut sabotaged = changes.to_vec();
        (self.fault.changes)(&mut sabotaged);
        self.inner.change(&sabotaged).await
    }

    async fn write(&self, writes: &[WireWrite]) -> Result<(), Failure> {
        let mut sabotaged = writes.to_vec();
        (self.fault.writes)(&mut sabotaged);
        self.inner.write(&sabotaged).await
    }

    fn process(&self) -> Option<&ProbeProcess> {
        self.inner.process()
    }

    async fn logged(&self, text: &str) -> Result<Vec<String>, Failure> {
        let mut lines = self.inner.logged(text).await?;
        (self.fault.logs)(&mut lines);
        Ok(lines)
    }
}
