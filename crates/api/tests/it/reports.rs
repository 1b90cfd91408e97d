//! Usage as other systems write it: CloudEvents in their three shapes, and the logs of a gateway.

use allowance_api_types::problem::ErrorCode;
use serde_json::{Value, json};

use crate::metering::Metered;
use crate::support::{Reply, World, everywhere, somewhere_empty};

impl Metered {
    async fn send(&self, path: &str, headers: &[(&str, &str)], media_type: &str, body: &str) -> Reply {
        let body = Some((media_type, body.as_bytes().to_vec()));
        let path = format!("/api/v1{path}");
        self.platform.send("POST", &path, headers, body).await
    }

    /// One event of the JSON format.
    async fn structured(&self, event: &str) -> Reply {
        self.send(
            "/events",
            &[],
            "application/cloudevents+json; charset=utf-8",
            event,
        )
        .await
    }

    async fn logs(&self, logs: &str) -> Value {
        self.send("/usage-events/litellm", &[], "application/json", logs)
            .await
            .json(200)
    }
}

fn counts(results: &Value) -> [u64; 4] {
    ["recorded", "replayed", "kept", "refused"].map(|name| results[name].as_u64().unwrap())
}

#[test]
fn a_cloud_event_is_a_usage_event_whichever_way_it_comes() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "100").await;
        let email = metered.world.member.email.clone();
        let time = server.app.store.now().to_string();
        let event = format!(
            r#"{{"specversion":"1.0","id":"1","source":"/gw/eu 1","type":"llm.completion","time":"{time}","subject":"{email}",
                "datacontenttype":"application/json","traceparent":"00-ab","ext":5,"other":null,
                "data":{{"cost":{{"amount":4.9999999999999996e-05,"currency":"EUR"}},"model":"m","tags":["x"]}}}}"#
        );
        let view = metered.structured(&event).await.json(201);
        assert_eq!(view["cost"]["amount"], "0.00005");
        assert_eq!(
            (&view["source"], &view["happened_at"]),
            (&json!("/gw/eu 1"), &json!(time))
        );
        assert_eq!(view["person_id"], metered.world.member.id);
        // The same event by headers is the same event.
        let headers = [
            ("ce-specversion", "1.0"),
            ("ce-id", "1"),
            ("ce-source", "/gw/eu%201"),
            ("ce-type", "llm.completion"),
            ("ce-time", time.as_str()),
            ("ce-subject", email.as_str()),
            ("ce-traceparent", "00-cd"),
        ];
        let data = r#"{"cost":{"amount":"0.00005","currency":"EUR"},"model":"m","tags":["x"]}"#;
        let again = metered.send("/events", &headers, "application/json", data).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.json(201)["usage_event_id"], view["usage_event_id"]);
        // Names outside ASCII come percent-encoded.
        let mut other = headers;
        (other[1].1, other[2].1) = ("%C3%A9%22", "\"/gw \\\"x\\\"\"");
        let view = metered
            .send("/events", &other, "application/vnd.x+json", data)
            .await
            .json(201);
        assert_eq!(
            (&view["id"], &view["source"]),
            (&json!("é\""), &json!("/gw \"x\""))
        );
        // In a batch each has its own answer, and data may come in Base64.
        let batch = format!(
            r#"[{event},
                {{"specversion":"1.0","id":"2","source":"b","type":"t","subject":"{email}","data_base64":"eyJhbW91bnQiOiIxIn0="}},
                {{"specversion":"1.0","id":"3","source":"b","type":"t","data":{{"amount":"1"}}}}, 5]"#
        );
        let results = metered
            .send("/events", &[], "application/cloudevents-batch+json", &batch)
            .await
            .json(200);
        assert_eq!(counts(&results), [1, 1, 0, 2], "{results}");
        let empty = metered
            .send("/events", &[], "application/cloudevents-batch+json", "[]")
            .await;
        assert_eq!(empty.json(200)["results"], json!([]));
        assert_eq!(metered.figures().await[0], "1.01");
        metered.assert_proven().await;
    });
}

#[test]
fn a_cloud_event_that_is_none_says_where() {
    everywhere(async |server| {
        let metered = Metered::new(&server, "block", "100").await;
        let good = json!({
            "specversion": "1.0", "id": "1", "source": "s", "type": "t", "subject": metered.world.member.email,
            "data": {"amount": "1"},
        });
        let cases = [
            ("/specversion", json!("0.3"), "/specversion"),
            ("/specversion", json!(1.0), "/specversion"),
            ("/id", json!(""), "/id"),
            ("/id", json!("x".repeat(256)), "/id"),
            ("/source", Value::Null, "/source"),
            ("/type", json!(7), "/type"),
            ("/time", json!("yesterday"), "/time"),
            ("/subject", json!("no address@"), "/data/email"),
            ("/datacontenttype", json!("text/xml"), "/datacontenttype"),
            ("/data", json!("text"), "/data"),
            ("/data", Value::Null, "/data"),
            ("/data", json!({"amount": "1", "id": "2"}), "/data/id"),
            (
                "/data",
                json!({"amount": "1", "email": "a@x.org", "external_id": "7"}),
                "/data/person_id",
            ),
            ("/data", json!({"amount": "many"}), "/data/amount"),
            ("/data", json!({"ammount": "1"}), "/data/ammount"),
            ("/data_base64", json!("*"), "/data"),
        ];
        for (place, value, pointer) in cases {
            let mut event = good.clone();
            event[place.trim_start_matches('/')] = value.clone();
            let problem = metered.structured(&event.to_string()).await.json(422);
            assert_eq!(
                problem["fields"][0]["pointer"], pointer,
                "{place} {value}: {problem}"
            );
        }
        for (media_type, body, status) in [
            ("application/cloudevents+json", "{", 422),
            ("application/cloudevents-batch+json", "{}", 400),
            ("application/cloudevents+avro", "{}", 415),
            ("application/cloudevents-batch+xml", "[]", 415),
            ("application/json", r#"{"amount":"1"}"#, 415),
            ("text/plain", "1", 415),
        ] {
            let reply = metered.send("/events", &[], media_type, body).await;
            assert_eq!(reply.status, status, "{media_type} {body}: {}", reply.body);
        }
        let broken = [
            ("ce-specversion", "1.0"),
            ("ce-id", "%C0%A0"),
            ("ce-source", "s"),
            ("ce-type", "t"),
        ];
        let problem = metered
            .send("/events", &broken, "application/json", "{}")
            .await
            .json(422);
        assert_eq!(problem["fields"][0]["pointer"], "/id");
        let xml = [
            ("ce-specversion", "1.0"),
            ("ce-id", "1"),
            ("ce-source", "s"),
            ("ce-type", "t"),
        ];
        let problem = metered.send("/events", &xml, "text/xml", "<a/>").await.json(422);
        assert_eq!(problem["fields"][0]["pointer"], "/datacontenttype");
        metered
            .world
            .admin
            .post("/events", json!({}))
            .await
            .refusal(ErrorCode::Forbidden);
        assert_eq!(metered.figures().await[0], "0");
    });
}

/// A log as the gateway's generic API logger posts it, with all that is of no concern here.
fn log(id: &str, cost: &str, end_user: &str) -> String {
    format!(
        r#"{{"id":"{id}","trace_id":"t-{id}","call_type":"acompletion","cache_hit":null,"stream":false,"status":"success",
            "custom_llm_provider":"openai","saved_cache_cost":0.0,"startTime":1700158623.979960,"endTime":1700158625.1,
            "completionStartTime":1700158624.5,"model":"gpt-4o","model_id":"5ae","model_group":"gpt-4o",
            "metadata":{{"user_api_key_hash":"ab","user_api_key_alias":"research","user_api_key_team_id":"t1",
                "user_api_key_team_alias":null,"user_api_key_user_id":"default_user_id","user_api_key_user_email":null,
                "spend_logs_metadata":{{"note":"top secret aubergine"}},"requester_ip_address":"10.0.0.7"}},
            "request_tags":["chat","User-Agent: \u0000litellm",5,null],"end_user":{end_user},"api_base":"https://api.example/",
            "model_parameters":{{"system":"top secret aubergine"}},"response_cost":{cost},
            "total_tokens":30,"prompt_tokens":10,"completion_tokens":20,"hidden_params":{{"x":[1,2]}},
            "messages":[{{"role":"user","content":"top secret aubergine"}}],
            "response":{{"choices":[{{"message":{{"content":"top secret aubergine"}}}}]}},
            "error_str":"top secret aubergine","model_map_information":{{"model_map_key":"gpt-4o","model_map_value":null}}}}"#
    )
}

#[test]
fn logs_of_a_gateway_are_counted_and_their_prompts_are_nowhere() {
    somewhere_empty(async |server| {
        let metered = Metered::of(World::in_currency(&server, "USD").await, "block", "100").await;
        let email = format!("\"{}\"", metered.world.member.email);
        let failed = log("f", "null", &email).replace(r#""status":"success""#, r#""status":"failure""#);
        let bodies = format!(
            "[{},{},{},{},{},{},{},5]",
            log("a", "4.9999999999999996e-05", &email),
            log("b", "\"0.0187225\"", &email),
            failed,
            log("a", "4.9999999999999996e-05", &email),
            log("n", "0.1", "\"x-42\""),
            log("m", "-1", &email),
            log("e", "0.1", "null"),
        );
        let results = metered.logs(&bodies).await;
        // Of the last four: unknown, negative, without a person, no log.
        assert_eq!(counts(&results), [3, 1, 0, 4], "{results}");
        let first = &results["results"][0]["event"];
        assert_eq!(
            (&first["cost"]["amount"], &first["amount"]),
            (&json!("0.00005"), &json!("0.005"))
        );
        assert_eq!(
            (&first["source"], &first["is_late"]),
            (&json!("litellm"), &json!(true))
        );
        assert_eq!(first["happened_at"], "2023-11-16T18:17:03.97996Z");
        assert_eq!(results["results"][2]["event"]["cost"]["amount"], "0");
        assert_eq!(results["results"][4]["problem"]["code"], "unknown_person");
        assert_eq!(
            results["results"][5]["problem"]["fields"][0]["pointer"],
            "/response_cost"
        );
        assert_eq!(
            results["results"][6]["problem"]["fields"][0]["pointer"],
            "/end_user"
        );
        assert!(!results.to_string().contains("aubergine"), "{results}");
        // One log alone, and one per line; shuffled, sent twice and in another shape they add nothing.
        assert_eq!(
            counts(&metered.logs(&log("a", "5e-5", &email)).await),
            [0, 1, 0, 0]
        );
        let lines = format!(
            "{}\n{}\n",
            log("b", "0.0187225", &email),
            log("c", "0.01", &email)
        )
        .replace("\n            ", " ");
        let reply = metered
            .send("/usage-events/litellm", &[], "application/x-ndjson", &lines)
            .await
            .json(200);
        assert_eq!(counts(&reply), [1, 1, 0, 0], "{reply}");
        metered.count_usage(json!({"unknown_people": "keep"})).await;
        let strangers = format!("[{},{}]", log("n", "0.1", "\"x-42\""), log("e", "0.1", "null"));
        let kept = metered.logs(&strangers).await;
        assert_eq!(counts(&kept), [0, 0, 2, 0], "{kept}");
        let garbage = metered
            .send(
                "/usage-events/litellm",
                &[],
                "application/json",
                "top secret aubergine",
            )
            .await;
        assert_eq!(garbage.status, 400);
        assert!(!garbage.body.contains("aubergine"));
        assert_eq!(metered.figures().await[0], "2.87725");
        metered.assert_proven().await;

        // What the logs say besides is not in the database, in no table and no page of its file.
        if let Some(bytes) = server.database_bytes() {
            let holds = |needle: &str| {
                bytes
                    .windows(needle.len())
                    .any(|window| window == needle.as_bytes())
            };
            assert!(!holds("aubergine") && !holds("10.0.0.7"), "a prompt was kept");
            assert!(
                holds("acompletion") && holds("research"),
                "this is where it would be"
            );
        }
    });
}
