//! Signing in, staying signed in, and every way it is refused.

use allowance_api_types::problem::ErrorCode;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{
    Client, PASSWORD, Reply, Server, World, everywhere, invite, organisation, somewhere_empty,
};

const REFRESH: &str = "/api/v1/session/refresh";

async fn sign_in(client: &Client, email: &str, password: &str) -> Reply {
    client
        .post("/session", json!({"email": email, "password": password}))
        .await
}

/// The refresh cookie a reply sets, as `name=value`.
fn cookie(reply: &Reply) -> String {
    let set = reply.header("set-cookie").expect("a cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/api/v1/session"] {
        assert!(set.contains(part), "{set}");
    }
    set.split(';').next().unwrap().to_owned()
}

async fn refresh(client: &Client, cookie: &str) -> Reply {
    client.send("POST", REFRESH, &[("cookie", cookie)], None).await
}

async fn visitor(server: &Server) -> (Client, Client) {
    (organisation(server, "admin").await, Client::anonymous(server))
}

fn token(reply: &Reply) -> String {
    reply.json(200)["access_token"].as_str().unwrap().to_owned()
}

#[test]
fn the_answer_is_the_same_for_a_wrong_password_and_an_unknown_address() {
    everywhere(async |server| {
        let (admin, anonymous) = visitor(&server).await;
        let wrong = sign_in(&anonymous, &admin.email, "not the password").await;
        let unknown = sign_in(&anonymous, "nobody@example.org", "not the password").await;
        let bare = |reply: &Reply| {
            let problem = reply.refusal(ErrorCode::WrongCredentials);
            (reply.status, problem.title, problem.detail, problem.fields)
        };
        assert_eq!(bare(&wrong), bare(&unknown));
        sign_in(&anonymous, &admin.email.to_uppercase(), PASSWORD)
            .await
            .expect_status(200);
    });
}

#[test]
fn guessing_is_braked_and_says_for_how_long() {
    everywhere(async |server| {
        let (admin, anonymous) = visitor(&server).await;
        let mut braked = None;
        for _ in 0..11 {
            let reply = sign_in(&anonymous, &admin.email, "not the password").await;
            braked = (reply.status == 429).then_some(reply);
        }
        let braked = braked.expect("the eleventh is braked");
        braked.refusal(ErrorCode::RateLimited);
        assert!(braked.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
        let other = organisation(&server, "other").await;
        sign_in(&anonymous, &other.email, PASSWORD)
            .await
            .expect_status(200);
    });
}

#[test]
fn a_refresh_token_is_good_once_and_for_a_moment_gives_the_same_successor() {
    everywhere(async |server| {
        let (admin, anonymous) = visitor(&server).await;
        let first = cookie(&sign_in(&anonymous, &admin.email, PASSWORD).await);
        let second = cookie(&refresh(&anonymous, &first).await);
        assert_ne!(first, second);
        assert_eq!(
            cookie(&refresh(&anonymous, &first).await),
            second,
            "two tabs refresh at once"
        );
        let third = refresh(&anonymous, &second).await;
        anonymous
            .with_token(&token(&third))
            .get("/me")
            .await
            .expect_status(200);
    });
}

#[test]
fn many_tabs_that_refresh_at_once_all_get_the_same_session() {
    everywhere(async |server| {
        let (admin, anonymous) = visitor(&server).await;
        let first = cookie(&sign_in(&anonymous, &admin.email, PASSWORD).await);
        let tabs: Vec<_> = (0..8)
            .map(|_| {
                let (tab, first) = (anonymous.clone(), first.clone());
                tokio::spawn(async move { refresh(&tab, &first).await })
            })
            .collect();
        let mut cookies = Vec::new();
        for tab in tabs {
            let reply = tab.await.unwrap();
            reply.expect_status(200);
            cookies.push(cookie(&reply));
        }
        cookies.dedup();
        assert_eq!(cookies.len(), 1);
    });
}

#[test]
fn a_stolen_refresh_token_ends_the_session_for_thief_and_owner() {
    everywhere(async |server| {
        let (admin, anonymous) = visitor(&server).await;
        let first = cookie(&sign_in(&anonymous, &admin.email, PASSWORD).await);
        let second = cookie(&refresh(&anonymous, &first).await);
        let third = refresh(&anonymous, &second).await;
        let (access, third) = (token(&third), cookie(&third));
        // Two exchanges later the first token is in nobody's hands who may have it.
        let stolen = refresh(&anonymous, &first).await;
        stolen.refusal(ErrorCode::Unauthenticated);
        assert!(stolen.header("set-cookie").unwrap().contains("Max-Age=0"));
        refresh(&anonymous, &third)
            .await
            .refusal(ErrorCode::Unauthenticated);
        anonymous
            .with_token(&access)
            .get("/me")
            .await
            .refusal(ErrorCode::Unauthenticated);
    });
}

#[test]
fn cookies_work_from_our_own_pages_only() {
    everywhere(async |server| {
        let (admin, anonymous) = visitor(&server).await;
        let first = cookie(&sign_in(&anonymous, &admin.email, PASSWORD).await);
        let foreign = [
            [("cookie", first.as_str()), ("sec-fetch-site", "cross-site")],
            [("cookie", first.as_str()), ("sec-fetch-site", "same-site")],
            [("cookie", first.as_str()), ("origin", "https://evil.example")],
            [("cookie", first.as_str()), ("origin", "null")],
        ];
        for headers in foreign {
            anonymous
                .send("POST", REFRESH, &headers, None)
                .await
                .refusal(ErrorCode::Forbidden);
        }
        let own = [
            ("cookie", first.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("origin", &server.base),
        ];
        anonymous
            .send("POST", REFRESH, &own, None)
            .await
            .expect_status(200);
        anonymous
            .send("POST", REFRESH, &[], None)
            .await
            .refusal(ErrorCode::Unauthenticated);
    });
}

#[test]
fn signing_out_acts_at_once() {
    everywhere(async |server| {
        let (admin, anonymous) = visitor(&server).await;
        let reply = sign_in(&anonymous, &admin.email, PASSWORD).await;
        let client = anonymous.with_token(&token(&reply));
        let out = client.delete("/session").await;
        out.expect_status(204);
        assert!(out.header("set-cookie").unwrap().contains("Max-Age=0"));
        client.get("/me").await.refusal(ErrorCode::Unauthenticated);
        refresh(&anonymous, &cookie(&reply))
            .await
            .refusal(ErrorCode::Unauthenticated);
        admin.get("/me").await.expect_status(200);
    });
}

#[test]
fn forged_tokens_are_refused() {
    everywhere(async |server| {
        let (admin, _) = visitor(&server).await;
        let good = admin.token.clone().unwrap();
        let parts: Vec<&str> = good.split('.').collect();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let none = encode(&json!({"alg": "none", "typ": "JWT"}));
        let mut later = claims.clone();
        later["exp"] = json!(99_999_999_999_i64);
        let forged = [
            ("no algorithm", format!("{none}.{}.", parts[1])),
            (
                "no algorithm, old signature",
                format!("{none}.{}.{}", parts[1], parts[2]),
            ),
            (
                "longer life",
                format!("{}.{}.{}", parts[0], encode(&later), parts[2]),
            ),
            (
                "cut signature",
                format!("{}.{}.{}", parts[0], parts[1], parts[2].get(1..).unwrap()),
            ),
            ("no signature", format!("{}.{}", parts[0], parts[1])),
            ("nonsense", "nonsense".to_owned()),
            ("nothing", String::new()),
        ];
        for (what, token) in forged {
            let reply = admin.with_token(&token).get("/me").await;
            reply.refusal(ErrorCode::Unauthenticated);
            assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{what}");
        }
        admin.get("/me").await.expect_status(200);
    });
}

#[test]
fn a_token_of_another_installation_is_refused() {
    everywhere(async |server| {
        let (admin, _) = visitor(&server).await;
        let other = allowance_app::App::new(
            server.app.store.clone(),
            Some("another secret of 32 characters!".into()),
        );
        let other = other.await.unwrap();
        let email = admin.email.parse().unwrap();
        let signed_in = other
            .sign_in(&email, PASSWORD.to_owned(), "elsewhere", "r".to_owned())
            .await
            .unwrap();
        admin
            .with_token(&signed_in.access_token)
            .get("/me")
            .await
            .refusal(ErrorCode::Unauthenticated);
    });
}

#[test]
fn time_ends_access_tokens_then_the_grace_then_idle_sessions() {
    somewhere_empty(async |server| {
        let (admin, anonymous) = visitor(&server).await;
        let first = cookie(&sign_in(&anonymous, &admin.email, PASSWORD).await);
        server.pass_seconds(599);
        admin.get("/me").await.expect_status(200);
        server.pass_seconds(1);
        admin.get("/me").await.refusal(ErrorCode::Unauthenticated);

        let second = cookie(&refresh(&anonymous, &first).await);
        server.pass_seconds(30);
        assert_eq!(cookie(&refresh(&anonymous, &first).await), second);

        server.pass_seconds(14 * 86_400 - 31);
        let third = cookie(&refresh(&anonymous, &second).await);
        server.pass_seconds(14 * 86_400);
        refresh(&anonymous, &third)
            .await
            .refusal(ErrorCode::Unauthenticated);
    });
}

#[test]
fn after_the_grace_an_exchanged_token_is_a_stolen_one() {
    somewhere_empty(async |server| {
        let (admin, anonymous) = visitor(&server).await;
        let first = cookie(&sign_in(&anonymous, &admin.email, PASSWORD).await);
        let second = cookie(&refresh(&anonymous, &first).await);
        server.pass_seconds(31);
        refresh(&anonymous, &first)
            .await
            .refusal(ErrorCode::Unauthenticated);
        refresh(&anonymous, &second)
            .await
            .refusal(ErrorCode::Unauthenticated);
    });
}

#[test]
fn no_session_lasts_longer_than_ninety_days() {
    somewhere_empty(async |server| {
        let (admin, anonymous) = visitor(&server).await;
        let mut token = cookie(&sign_in(&anonymous, &admin.email, PASSWORD).await);
        for _ in 0..8 {
            server.pass_seconds(10 * 86_400);
            token = cookie(&refresh(&anonymous, &token).await);
        }
        server.pass_seconds(10 * 86_400);
        refresh(&anonymous, &token)
            .await
            .refusal(ErrorCode::Unauthenticated);
    });
}

#[test]
fn an_invitation_is_good_once_and_for_a_week() {
    somewhere_empty(async |server| {
        let (admin, anonymous) = visitor(&server).await;
        let accept = |token: &str, password: &str| {
            let body = json!({"token": token, "password": password});
            let anonymous = anonymous.clone();
            async move { anonymous.post("/invitations/accept", body).await }
        };
        let old = invite(&admin, &admin.id).await;
        let good = invite(&admin, &admin.id).await;
        accept(&old, "another good one")
            .await
            .refusal(ErrorCode::WrongToken);
        accept(&good, "password1").await.refusal(ErrorCode::InvalidFields);
        let session = accept(&good, "another good one").await;
        accept(&good, "yet another one")
            .await
            .refusal(ErrorCode::WrongToken);
        // A new password ends what the old one had opened.
        admin.get("/me").await.refusal(ErrorCode::Unauthenticated);
        let admin = admin.with_token(&token(&session));
        sign_in(&anonymous, &admin.email, PASSWORD)
            .await
            .refusal(ErrorCode::WrongCredentials);
        sign_in(&anonymous, &admin.email, "another good one")
            .await
            .expect_status(200);

        let late = invite(&admin, &admin.id).await;
        server.pass_seconds(7 * 86_400);
        accept(&late, "another good one")
            .await
            .refusal(ErrorCode::WrongToken);
    });
}

#[test]
fn a_suspension_acts_at_once_and_the_answer_tells_nobody() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let member = &world.member;
        sign_in(&world.anonymous, &member.email, PASSWORD)
            .await
            .expect_status(200);
        world
            .admin
            .post(&format!("/people/{}/suspend", member.id), json!({}))
            .await
            .expect_status(200);
        member.get("/me").await.refusal(ErrorCode::Unauthenticated);
        let suspended = sign_in(&world.anonymous, &member.email, PASSWORD).await;
        let unknown = sign_in(&world.anonymous, "nobody@example.org", PASSWORD).await;
        assert_eq!(
            suspended.refusal(ErrorCode::WrongCredentials).detail,
            unknown.refusal(ErrorCode::WrongCredentials).detail
        );
        world
            .admin
            .post(&format!("/people/{}/reinstate", member.id), json!({}))
            .await
            .expect_status(200);
        member.get("/me").await.refusal(ErrorCode::Unauthenticated);
        sign_in(&world.anonymous, &member.email, PASSWORD)
            .await
            .expect_status(200);
    });
}

#[test]
fn a_change_of_role_acts_on_the_next_request() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let role = |role: &str| {
            let (admin, path) = (world.admin.clone(), format!("/people/{}/role", world.member.id));
            let body = json!({"role": role});
            async move { admin.write("PUT", &path, &[], body).await.expect_status(200) }
        };
        world
            .member
            .get("/audit-entries")
            .await
            .refusal(ErrorCode::Forbidden);
        role("auditor").await;
        world.member.get("/audit-entries").await.expect_status(200);
        role("member").await;
        world
            .member
            .get("/audit-entries")
            .await
            .refusal(ErrorCode::Forbidden);
    });
}

#[test]
fn signing_out_everywhere_ends_all_sessions_and_nobody_elses() {
    everywhere(async |server| {
        let world = World::new(&server).await;
        let phone = sign_in(&world.anonymous, &world.member.email, PASSWORD).await;
        let phone = (world.anonymous.with_token(&token(&phone)), cookie(&phone));
        world.member.delete("/sessions").await.expect_status(204);
        world.member.get("/me").await.refusal(ErrorCode::Unauthenticated);
        phone.0.get("/me").await.refusal(ErrorCode::Unauthenticated);
        refresh(&world.anonymous, &phone.1)
            .await
            .refusal(ErrorCode::Unauthenticated);
        world.manager.get("/me").await.expect_status(200);
        let lines = world
            .admin
            .get("/audit-entries?action=sign_out_everywhere")
            .await
            .json(200);
        assert_eq!(lines["items"].as_array().unwrap().len(), 1);
    });
}
