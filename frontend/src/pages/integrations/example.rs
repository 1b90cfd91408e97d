//! The first call of a platform, ready to be pasted into a terminal.

use allowance_api_types::api_keys::ApiKeyScope;

/// What stands where the key goes while there is none to show.
const SOME_KEY: &str = "YOUR_API_KEY";

/// A command that reports usage, places a hold or reads holds: the first that the scopes allow.
pub fn curl(origin: &str, key: Option<&str>, scopes: &[ApiKeyScope], email: &str, currency: &str) -> String {
    let key = key.unwrap_or(SOME_KEY);
    let send = |path: &str, body: &str| {
        format!(
            "curl {} \\\n  -H {} \\\n  -H {} \\\n  -d {}",
            quoted(&format!("{origin}/api/v1/{path}")),
            quoted(&format!("Authorization: Bearer {key}")),
            quoted("Content-Type: application/json"),
            quoted(body)
        )
    };
    let email = serde_json::Value::from(email);
    if scopes.contains(&ApiKeyScope::UsageWrite) {
        let body = format!(
            "{{\n    \"source\": \"my-gateway\", \"id\": \"call-1\",\n    \"email\": {email},\n    \
             \"cost\": {{\"amount\": \"0.0187\", \"currency\": \"{currency}\"}},\n    \
             \"provider\": \"OpenAI\", \"model\": \"gpt-5\", \"operation\": \"chat\", \"tags\": [\"first\"]\n  }}"
        );
        return send("usage-events", &body);
    }
    if scopes.contains(&ApiKeyScope::HoldsWrite) {
        let body = format!(
            "{{\n    \"source\": \"my-gateway\", \"id\": \"call-1\",\n    \"email\": {email},\n    \
             \"amount\": \"5\", \"expires_in\": 600\n  }}"
        );
        return send("holds", &body);
    }
    format!(
        "curl {} \\\n  -H {}",
        quoted(&format!("{origin}/api/v1/holds")),
        quoted(&format!("Authorization: Bearer {key}"))
    )
}

/// Text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "https://credits.example";

    fn body_of(command: &str) -> serde_json::Value {
        let (_, body) = command.split_once("-d '").unwrap();
        serde_json::from_str(&body.strip_suffix('\'').unwrap().replace(r"'\''", "'")).unwrap()
    }

    #[test]
    fn the_example_is_the_first_call_that_the_scopes_allow() {
        let all = curl(ORIGIN, Some("alw_1"), ApiKeyScope::ALL, "ken@x.test", "EUR");
        assert!(all.starts_with("curl 'https://credits.example/api/v1/usage-events'"));
        assert!(all.contains("'Authorization: Bearer alw_1'"));
        assert_eq!(body_of(&all)["cost"]["currency"], "EUR");
        let holds = curl(ORIGIN, None, &[ApiKeyScope::HoldsWrite], "ken@x.test", "EUR");
        assert!(holds.contains("/api/v1/holds'") && holds.contains(SOME_KEY));
        assert_eq!(body_of(&holds)["amount"], "5");
        assert!(!curl(ORIGIN, None, &[ApiKeyScope::Read], "ken@x.test", "EUR").contains("-d "));
    }

    #[test]
    fn an_apostrophe_in_an_address_leaves_no_quotes_open() {
        let command = curl(ORIGIN, None, ApiKeyScope::ALL, "o'neil@x.test", "EUR");
        assert!(command.contains(r#""o'\''neil@x.test""#));
        assert_eq!(body_of(&command)["email"], "o'neil@x.test");
    }
}
