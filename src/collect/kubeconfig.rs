//! The credentials in a kubeconfig, as kubectl reads it.

use super::secrets::{of_private_key, read};
use crate::secrets::Known;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Kubeconfig {
    users: Vec<Named>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    name: String,
    user: User,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct User {
    token: Option<String>,
    #[serde(rename = "tokenFile")]
    token_file: Option<String>,
    password: Option<String>,
    client_key_data: Option<String>,
    client_key: Option<String>,
    auth_provider: Option<Provider>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Provider {
    config: BTreeMap<String, String>,
}

/// The credentials of each user in the file; none where it cannot be read, as kubectl then has none either.
pub(super) fn credentials(path: &Path) -> Vec<Known> {
    let Some(text) = read(path) else {
        return Vec::new();
    };
    let Ok(found) = serde_saphyr::from_str::<Kubeconfig>(&text) else {
        return Vec::new();
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let all = found.users.into_iter();
    all.flat_map(|named| of_user(&named, folder)).collect()
}

fn of_user(named: &Named, folder: &Path) -> Vec<Known> {
    let of = |what: &str| format!("{what} of {:?} in the kubeconfig", named.name);
    let user = &named.user;
    let mut found = Vec::new();
    found.extend(
        user.token
            .as_ref()
            .map(|token| Known::new(of("token"), token.as_str())),
    );
    let file = user
        .token_file
        .as_ref()
        .and_then(|path| read(&folder.join(path)));
    found.extend(file.map(|token| Known::new(of("token"), token.trim())));
    let password = user.password.as_ref();
    found.extend(password.map(|password| Known::new(of("password"), password.as_str())));
    if let Some(data) = &user.client_key_data {
        found.push(Known::new(of("client key"), data.as_str()));
        let pem = STANDARD
            .decode(data.trim())
            .ok()
            .and_then(|pem| String::from_utf8(pem).ok());
        found.extend(
            pem.iter()
                .flat_map(|pem| of_private_key(&of("client key"), pem)),
        );
    }
    let key = user
        .client_key
        .as_ref()
        .and_then(|path| read(&folder.join(path)));
    found.extend(
        key.iter()
            .flat_map(|pem| of_private_key(&of("client key"), pem)),
    );
    let provider = user
        .auth_provider
        .iter()
        .flat_map(|provider| &provider.config);
    let secrets = provider.filter(|(key, _)| key.contains("token") || key.contains("secret"));
    found.extend(secrets.map(|(key, value)| Known::new(of(key), value.as_str())));
    found
}
