//! Signing in with Microsoft Entra: the identity that the environment gives this program.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind as Cause;
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use isobar::{Error, ErrorKind, Result};

use crate::http_client::http_client;

/// The variables of Azure's own SDKs ("Environment variables" of their identity libraries).
const TENANT: &str = "AZURE_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const SECRET: &str = "AZURE_CLIENT_SECRET";
const FEDERATED: &str = "AZURE_FEDERATED_TOKEN_FILE";
/// Where App Service, Functions and Container Apps hand out tokens.
const IDENTITY: &str = "IDENTITY_ENDPOINT";
/// How long a virtual machine may take to say that it has an identity, the first time.
const PROBE: Duration = Duration::from_secs(2);

/// Who this program is: an application with a secret, a workload of Kubernetes, a managed identity,
/// or whoever is signed in to the developer's tools, in this order, which is that of the
/// `DefaultAzureCredential` of Azure's other SDKs. Nothing is asked yet.
pub(crate) fn of_environment(
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Arc<dyn TokenCredential>> {
    let required = |name| variable(name).ok_or_else(|| incomplete(name));
    let client_options = ClientOptions {
        transport: Some(Transport::new(Arc::new(http_client()?))),
        ..ClientOptions::default()
    };
    if let Some(secret) = variable(SECRET) {
        let options = Some(ClientSecretCredentialOptions { client_options });
        let (tenant, secret) = (required(TENANT)?, Secret::new(secret));
        let found = ClientSecretCredential::new(&tenant, required(CLIENT)?, secret, options);
        return Ok(found.map_err(refused)?);
    }
    if let Some(file) = variable(FEDERATED) {
        let found = WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
            credential_options: ClientAssertionCredentialOptions { client_options },
            client_id: Some(required(CLIENT)?),
            tenant_id: Some(required(TENANT)?),
            token_file_path: Some(PathBuf::from(file)),
        }));
        return Ok(found.map_err(refused)?);
    }
    let machine = ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
        user_assigned_id: variable(CLIENT).map(UserAssignedId::ClientId),
        client_options,
    }));
    let machine = machine.map_err(refused)?;
    if variable(IDENTITY).is_some() {
        return Ok(machine);
    }
    let tools = DeveloperToolsCredential::new(None).map_err(refused)?;
    Ok(Arc::new(MachineOrTools {
        machine,
        tools,
        is_machine: OnceLock::new(),
    }))
}

/// The identity of a virtual machine, or whoever is signed in on one that has none.
struct MachineOrTools {
    machine: Arc<dyn TokenCredential>,
    tools: Arc<dyn TokenCredential>,
    /// Known once one of them gave a token.
    is_machine: OnceLock<bool>,
}

#[async_trait]
impl TokenCredential for MachineOrTools {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        match self.is_machine.get() {
            Some(true) => return self.machine.get_token(scopes, options).await,
            Some(false) => return self.tools.get_token(scopes, options).await,
            None => {}
        }
        let asked = self.machine.get_token(scopes, options.clone());
        if let Ok(Ok(token)) = tokio::time::timeout(PROBE, asked).await {
            let _ = self.is_machine.set(true);
            return Ok(token);
        }
        let token = self.tools.get_token(scopes, options).await.map_err(|error| {
            let message = format!(
                "this machine has no managed identity, and nobody is signed in to its tools: set \
                 {TENANT}, {CLIENT} and {SECRET}, or sign in with `az login`"
            );
            azure_core::Error::with_error(Cause::Credential, error, message)
        })?;
        let _ = self.is_machine.set(false);
        Ok(token)
    }
}

impl fmt::Debug for MachineOrTools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MachineOrTools")
    }
}

fn incomplete(name: &str) -> Error {
    let message = format!(
        "{name} is not set: an identity of Microsoft Entra is {TENANT} and {CLIENT} with {SECRET} \
         or {FEDERATED}"
    );
    Error::new(ErrorKind::Unauthenticated, message)
}

fn refused(error: azure_core::Error) -> Error {
    let message = format!(
        "what the environment says of an identity of Microsoft Entra cannot be used: check {TENANT}, \
         {CLIENT}, {SECRET} and {FEDERATED}"
    );
    Error::new(ErrorKind::Unauthenticated, message).with_source(error)
}

/// The error of a token that was not given.
#[cfg(feature = "_storage")]
pub(crate) fn no_token(error: azure_core::Error) -> Error {
    let message = "Microsoft Entra gave no token for this program: check its identity, and that the \
                   clock of this machine is right";
    Error::new(ErrorKind::Unauthenticated, message).with_source(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)]) -> Result<String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        of_environment(&variable).map(|credential| format!("{credential:?}"))
    }

    #[test]
    fn the_environment_says_which_identity_it_is() {
        let application = [(TENANT, "t"), (CLIENT, "c")];
        let [tenant, client] = application;
        for (variables, expected) in [
            (
                vec![tenant, client, (SECRET, "s"), (FEDERATED, "f")],
                "ClientSecretCredential",
            ),
            (
                vec![tenant, client, (FEDERATED, "/dev/null"), (IDENTITY, "i")],
                "WorkloadIdentity",
            ),
            (vec![client], "MachineOrTools"),
            (vec![], "MachineOrTools"),
        ] {
            let found = found(&variables).unwrap();
            assert!(found.contains(expected), "{variables:?}: {found}");
        }
    }

    #[test]
    fn half_an_identity_is_told_with_what_is_missing() {
        let error = found(&[(SECRET, "hidden"), (CLIENT, "c")]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
        assert!(
            error.to_string().contains("AZURE_TENANT_ID is not set"),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("hidden"), "{error:?}");
        let error = found(&[(FEDERATED, "/token"), (TENANT, "t")]).unwrap_err();
        assert!(
            error.to_string().contains("AZURE_CLIENT_ID is not set"),
            "{error}"
        );
    }
}
