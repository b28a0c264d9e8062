//! An OpenID issuer that consents at once, for one client and the account that its hint names. It stands in a staging
//! environment so that a login can be driven without a browser.

use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::accounts::Begun;
use super::bearer::Person;
use super::id_token::{Claims, Signer, verified};
use super::tokens::{Tokens, challenge, fresh};
use crate::service::Service;

/// The one client that it knows.
pub(crate) const TEST_CLIENT: &str = "netra-staging-test-login";
/// The account that it vouches for without a hint.
pub(crate) const TEST_ACCOUNT: &str = "tester@netra-staging.example";
/// What a hint begins with. A number stands behind it.
const HINT: &str = "test-account-";
/// Accounts that it knows.
const ACCOUNTS: u32 = 10_000;

/// Seconds that a token is good for.
const LIFETIME: u64 = 300;

pub(super) fn url() -> String {
    format!("https://{}", Service::Issuer.host())
}

/// Where the auth service takes people back, as it is registered with every provider.
pub const REDIRECT_URI: &str = "https://netra-auth-service-demo.a.run.app/auth/callback";

/// What a browser brings to the authorization endpoint.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub(crate) struct Authorization {
    client_id: String,
    redirect_uri: String,
    response_type: String,
    scope: String,
    state: String,
    nonce: String,
    code_challenge: String,
    code_challenge_method: String,
    login_hint: String,
}

/// What an auth service brings to the token endpoint.
#[derive(Debug, Default)]
pub(crate) struct Redemption {
    pub(crate) grant_type: String,
    pub(crate) code: String,
    pub(crate) redirect_uri: String,
    pub(crate) client_id: String,
    pub(crate) code_verifier: String,
}

/// Why it does not, in the words of RFC 6749.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) error: &'static str,
    pub(crate) why: &'static str,
}

#[derive(Debug)]
struct Consent {
    redirect_uri: String,
    challenge: String,
    nonce: String,
    account: u32,
}

#[derive(Debug)]
pub(crate) struct Issuer {
    signer: Signer,
    codes: Mutex<Tokens<Consent>>,
}

impl Issuer {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Issuer { signer: Signer::new().context("make the issuer's key")?, codes: Mutex::default() })
    }

    pub(crate) fn discovery() -> Value {
        let url = url();
        json!({
            "issuer": url,
            "authorization_endpoint": format!("{url}/authorize"),
            "token_endpoint": format!("{url}/token"),
            "jwks_uri": format!("{url}/jwks.json"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
        })
    }

    pub(crate) fn key_set(&self) -> Value {
        self.signer.key_set()
    }

    /// Consents for the test account. Gives where the browser goes: with a code, to a place that is registered.
    pub(crate) fn authorize(&self, asked: Authorization) -> anyhow::Result<Result<url::Url, Refusal>> {
        let refuse = |why| Ok(Err(Refusal { error: "invalid_request", why }));
        if asked.client_id != TEST_CLIENT {
            return refuse("the client is not known");
        }
        if asked.redirect_uri != REDIRECT_URI {
            return refuse("the redirect_uri is not registered");
        }
        if asked.response_type != "code" || !asked.scope.split(' ').any(|scope| scope == "openid") {
            return refuse("only response_type code with scope openid is offered");
        }
        if asked.code_challenge_method != "S256" || asked.code_challenge.len() != 43 {
            return refuse("a code_challenge with the method S256 is required");
        }
        let Some(account) = account(&asked.login_hint) else {
            return refuse("the login_hint names no test account");
        };
        let code = fresh()?;
        let mut to = url::Url::parse(&asked.redirect_uri)?;
        to.query_pairs_mut().append_pair("code", &code).append_pair("state", &asked.state);
        let (redirect_uri, challenge, nonce) = (asked.redirect_uri, asked.code_challenge, asked.nonce);
        let consent = Consent { redirect_uri, challenge, nonce, account };
        self.codes.lock().unwrap_or_else(PoisonError::into_inner).keep(code, consent);
        Ok(Ok(to))
    }

    /// Gives tokens for a code, once.
    pub(crate) fn redeem(&self, brought: &Redemption) -> anyhow::Result<Result<Value, Refusal>> {
        if brought.grant_type != "authorization_code" {
            return Ok(Err(Refusal { error: "unsupported_grant_type", why: "only authorization_code is offered" }));
        }
        let taken = self.codes.lock().unwrap_or_else(PoisonError::into_inner).take(&brought.code);
        let matching = taken.filter(|consent| {
            brought.client_id == TEST_CLIENT
                && brought.redirect_uri == consent.redirect_uri
                && challenge(&brought.code_verifier) == consent.challenge
        });
        let Some(consent) = matching else {
            return Ok(Err(Refusal {
                error: "invalid_grant",
                why: "the code is not known, is used, or is not this client's",
            }));
        };
        let now = seconds_since_1970();
        let id_token = self.signer.sign(&Claims {
            iss: url(),
            sub: format!("{HINT}{}", consent.account),
            aud: TEST_CLIENT.to_owned(),
            email: email(consent.account),
            nonce: consent.nonce,
            iat: now,
            exp: now + LIFETIME,
        })?;
        Ok(Ok(json!({
            "access_token": fresh()?, "id_token": id_token, "token_type": "Bearer", "expires_in": LIFETIME,
        })))
    }

    /// What the auth service does with a code: redeems it and believes the ID token if everything about it is right.
    pub(crate) fn account_of(&self, code: &str, login: &Begun) -> anyhow::Result<String> {
        let redemption = Redemption {
            grant_type: "authorization_code".to_owned(),
            code: code.to_owned(),
            redirect_uri: REDIRECT_URI.to_owned(),
            client_id: TEST_CLIENT.to_owned(),
            code_verifier: login.verifier.clone(),
        };
        let tokens = match self.redeem(&redemption)? {
            Ok(tokens) => tokens,
            Err(Refusal { error, why }) => bail!("{error}: {why}"),
        };
        let token = tokens["id_token"].as_str().context("the answer has no id_token")?;
        let claims = self.vouched(token)?;
        if claims.nonce != login.nonce {
            bail!("the ID token is not for this login");
        }
        Ok(claims.email)
    }

    /// Who an ID token stands for, if all about it is right.
    pub(crate) fn person(&self, token: &str) -> anyhow::Result<Person> {
        let claims = self.vouched(token)?;
        Ok(Person { id: claims.sub, name: claims.email })
    }

    fn vouched(&self, token: &str) -> anyhow::Result<Claims> {
        let claims = verified(token, &self.key_set())?;
        if claims.iss != url() || claims.aud != TEST_CLIENT {
            bail!("the ID token is not for this system");
        }
        if claims.exp <= seconds_since_1970() {
            bail!("the ID token has expired");
        }
        Ok(claims)
    }
}

/// The account that a hint names; the first without one.
fn account(hint: &str) -> Option<u32> {
    if hint.is_empty() {
        return Some(1);
    }
    let number = hint.strip_prefix(HINT)?.parse().ok()?;
    (1..=ACCOUNTS).contains(&number).then_some(number)
}

fn email(account: u32) -> String {
    if account == 1 { TEST_ACCOUNT.to_owned() } else { format!("tester-{account}@netra-staging.example") }
}

fn seconds_since_1970() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::{Authorization, Issuer, REDIRECT_URI, Redemption, TEST_CLIENT};
    use crate::login::challenge;

    fn asked() -> Authorization {
        Authorization {
            client_id: TEST_CLIENT.to_owned(),
            redirect_uri: REDIRECT_URI.to_owned(),
            response_type: "code".to_owned(),
            scope: "openid email".to_owned(),
            state: "s".to_owned(),
            nonce: "n".to_owned(),
            code_challenge: challenge("verifier"),
            code_challenge_method: "S256".to_owned(),
            login_hint: String::new(),
        }
    }

    fn code(issuer: &Issuer) -> String {
        let to = issuer.authorize(asked()).expect("random bytes").expect("it consents");
        to.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned()
    }

    fn brought(code: String, verifier: &str) -> Redemption {
        Redemption {
            grant_type: "authorization_code".to_owned(),
            code,
            redirect_uri: REDIRECT_URI.to_owned(),
            client_id: TEST_CLIENT.to_owned(),
            code_verifier: verifier.to_owned(),
        }
    }

    #[test]
    fn a_code_is_good_once_and_with_its_verifier() {
        let issuer = Issuer::new().expect("a key");
        let first = brought(code(&issuer), "verifier");
        assert!(issuer.redeem(&first).expect("a token").is_ok());
        assert_eq!(issuer.redeem(&first).expect("an answer").expect_err("it is used").error, "invalid_grant");
        let stolen = brought(code(&issuer), "guessed");
        assert_eq!(issuer.redeem(&stolen).expect("an answer").expect_err("no proof").error, "invalid_grant");
    }

    #[test]
    fn consents_to_what_is_registered_and_nothing_else() {
        let issuer = Issuer::new().expect("a key");
        let change: [fn(&mut Authorization); 7] = [
            |asked| asked.client_id.push('x'),
            |asked| asked.redirect_uri = "https://evil.example/auth/callback".to_owned(),
            |asked| asked.response_type = "token".to_owned(),
            |asked| asked.scope = "email".to_owned(),
            |asked| asked.code_challenge.clear(),
            |asked| asked.code_challenge_method = "plain".to_owned(),
            |asked| asked.login_hint = "test-account-10001".to_owned(),
        ];
        for change in change {
            let mut asked = asked();
            change(&mut asked);
            assert!(issuer.authorize(asked).expect("an answer").is_err());
        }
    }
}
