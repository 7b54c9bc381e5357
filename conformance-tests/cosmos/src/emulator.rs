//! Microsoft's in-memory emulator: a transport within this process that answers as Cosmos DB does.

use std::sync::Arc;

use azure_core::http::Url;
use azure_data_cosmos::options::Region;
use azure_data_cosmos::{
    AccountReference, CosmosClient, CosmosError, CosmosRuntimeBuilder, RoutingStrategy,
};
use azure_data_cosmos_driver::fault_injection::FaultInjectionRule;
use azure_data_cosmos_driver::in_memory_emulator::{
    InMemoryEmulatorHttpClient, VirtualAccountConfig, VirtualRegion,
};

/// An address that the transport knows; nothing is sent there.
const ADDRESS: &str = "https://eastus.emulator.local/";
/// Any key will do, the emulator checks none.
const KEY: &str = "ZW11bGF0b3I=";

/// An account that exists as long as this value or one of its clients.
#[derive(Debug, Clone)]
pub struct Emulator {
    transport: Arc<InMemoryEmulatorHttpClient>,
    address: Url,
}

impl Emulator {
    /// An empty account of one region.
    pub fn start() -> Result<Self, CosmosError> {
        // The driver panics without one, although it has nothing to encrypt here.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let address: Url = ADDRESS.parse().map_err(|_| {
            CosmosError::builder()
                .with_message("the emulator's address is not a URL")
                .build()
        })?;
        let region = VirtualRegion::new(Region::EAST_US.as_str(), address.clone());
        let account = VirtualAccountConfig::new(vec![region])?;
        let transport = Arc::new(InMemoryEmulatorHttpClient::try_new(account)?);
        Ok(Self { transport, address })
    }

    /// A client of the account.
    pub async fn client(&self) -> Result<CosmosClient, CosmosError> {
        self.client_with(Vec::new()).await
    }

    /// A client of the account between which and the emulator the driver's own fault injection
    /// follows these rules.
    pub async fn client_with(
        &self,
        rules: Vec<Arc<FaultInjectionRule>>,
    ) -> Result<CosmosClient, CosmosError> {
        let runtime = if rules.is_empty() {
            self.transport.runtime_builder()
        } else {
            self.transport.runtime_builder_with_fault_rules(rules)
        };
        let runtime = CosmosRuntimeBuilder::from(runtime).build().await?;
        let account = AccountReference::with_authentication_key(self.address.clone().into(), KEY);
        let client = CosmosClient::builder().with_runtime(runtime);
        let routing = RoutingStrategy::PreferredRegions(Vec::new());
        client.build(account, routing).await
    }
}
