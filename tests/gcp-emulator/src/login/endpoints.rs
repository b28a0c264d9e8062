//! The endpoints that give tokens: for a signed key, a refresh token, a token of another identity provider, and for
//! whoever may act as an account. Gives nothing to whom it does not know.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Tokens;
use crate::clock::Moment;
use crate::cloud::not_emulated;
use crate::exchange::{Answer, Call};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// The longest that a key's signature holds, and what clocks may differ by.
const LONGEST_ASSERTION: u64 = 3_600 + 300;

/// Answers a call that needs no token, if it is one.
pub(crate) fn answer(tokens: &mut Tokens, call: &Call, now: Moment) -> Option<Result<Answer, Answer>> {
    let post = call.method == "POST";
    match (call.host.as_str(), call.path.as_str()) {
        ("oauth2.googleapis.com", "/token") if post => Some(token(tokens, call, now)),
        ("sts.googleapis.com", "/v1/token") if post => Some(exchange(tokens, call, now)),
        ("oauth2.googleapis.com" | "sts.googleapis.com", _) => Some(Err(not_emulated(call))),
        _ => None,
    }
}

fn token(tokens: &mut Tokens, call: &Call, now: Moment) -> Result<Answer, Answer> {
    let fields = call.fields();
    let principal = match field(&fields, "grant_type") {
        Some(JWT_BEARER) => {
            let assertion = field(&fields, "assertion").unwrap_or_default();
            signer(tokens, assertion, now)
                .ok_or_else(|| Answer::refuse_grant("invalid_grant", "Invalid JWT Signature."))?
        }
        Some("refresh_token") => known(&tokens.refresh, field(&fields, "refresh_token"))
            .ok_or_else(|| Answer::refuse_grant("invalid_grant", "Token has been expired or revoked."))?,
        _ => return Err(Answer::refuse_grant("unsupported_grant_type", "Invalid grant_type.")),
    };
    Ok(grant(tokens, &principal, now, &json!({})))
}

fn exchange(tokens: &mut Tokens, call: &Call, now: Moment) -> Result<Answer, Answer> {
    let fields = call.fields();
    let kind = field(&fields, "grant_type").or_else(|| field(&fields, "grantType"));
    if kind != Some(EXCHANGE) {
        return Err(Answer::refuse_grant("unsupported_grant_type", "Invalid grant_type."));
    }
    let subject = field(&fields, "subject_token").or_else(|| field(&fields, "subjectToken"));
    let principal = known(&tokens.subjects, subject).ok_or_else(|| {
        Answer::refuse_grant("invalid_grant", "The given credential is rejected by the attribute condition.")
    })?;
    let kind = json!({"issued_token_type": "urn:ietf:params:oauth:token-type:access_token"});
    Ok(grant(tokens, &principal, now, &kind))
}

fn grant(tokens: &mut Tokens, principal: &str, now: Moment, more: &Value) -> Answer {
    let lifetime = tokens.lifetime;
    let value = tokens.issue(principal, now.after(lifetime));
    let mut body = json!({"access_token": value, "expires_in": lifetime.as_secs(), "token_type": "Bearer"});
    if let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) {
        body.extend(more.clone());
    }
    Answer::json(&body)
}

/// Whose key has signed an assertion that holds now.
fn signer(tokens: &Tokens, assertion: &str, now: Moment) -> Option<String> {
    let (signed, signature) = assertion.rsplit_once('.')?;
    let (_, claims) = signed.split_once('.')?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?).ok()?;
    let account = tokens.account(claims.get("iss")?.as_str()?)?;
    let (from, to) = (claims.get("iat")?.as_u64()?, claims.get("exp")?.as_u64()?);
    let holds = from <= now.seconds() + 300 && now.seconds() < to && to.saturating_sub(from) <= LONGEST_ASSERTION;
    let signature = URL_SAFE_NO_PAD.decode(signature.trim_end_matches('=')).ok()?;
    (holds && account.has_signed(signed.as_bytes(), &signature)).then(|| account.email.clone())
}

/// `POST …/serviceAccounts/EMAIL:generateAccessToken` of `iamcredentials`.
pub(crate) fn impersonate(tokens: &mut Tokens, call: &Call, now: Moment) -> Result<Answer, Answer> {
    let account = call.path.strip_prefix("/v1/projects/-/serviceAccounts/");
    let email = account.and_then(|rest| rest.strip_suffix(":generateAccessToken")).filter(|_| call.method == "POST");
    let email = email.ok_or_else(|| not_emulated(call))?;
    if tokens.account(email).is_none() {
        return Err(Answer::refuse(404, "Not found; Gaia id not found for email"));
    }
    let body = call.json()?;
    let asked = body.get("lifetime").and_then(Value::as_str).and_then(|text| text.strip_suffix('s'));
    let lifetime = match asked.map(str::parse::<u64>) {
        None => tokens.lifetime,
        Some(Ok(seconds)) if seconds <= 43_200 => Duration::from_secs(seconds).min(tokens.lifetime),
        Some(_) => return Err(Answer::refuse(400, "lifetime is not a number of seconds up to 43200")),
    };
    let expires = now.after(lifetime);
    let value = tokens.issue(email, expires);
    Ok(Answer::json(&json!({"accessToken": value, "expireTime": whole_seconds(expires)})))
}

/// Clients parse this time without fractions.
fn whole_seconds(moment: Moment) -> String {
    let text = moment.rfc3339();
    text.split_once('.').map_or(text.clone(), |(seconds, _)| format!("{seconds}Z"))
}

fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

fn known(pairs: &[(String, String)], value: Option<&str>) -> Option<String> {
    let value = value?;
    pairs.iter().find(|(token, _)| token == value).map(|(_, principal)| principal.clone())
}
