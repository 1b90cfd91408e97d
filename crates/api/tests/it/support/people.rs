//! Clients named for who acts. Each test makes a world of its own: an organisation with one person of each kind.

use allowance_api_types::problem::{ErrorCode, Problem};
use allowance_app::setup::{FirstCreditType, NewOrganisation};
use allowance_domain::cycles::Cadence;
use allowance_values::{Fixed, Rate, RateSide};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use super::contract::Contract;
use super::server::Server;

/// Somebody who calls the API.
#[derive(Clone)]
pub struct Client {
    pub name: &'static str,
    pub base: String,
    pub token: Option<String>,
    /// The person's id; empty for nobody.
    pub id: String,
    pub email: String,
    http: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
    what: String,
}

impl Reply {
    /// The body of a success of this status.
    pub fn expect<T: DeserializeOwned>(&self, status: u16) -> T {
        assert_eq!(self.status, status, "{}: {}", self.what, self.body);
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.what, self.body))
    }

    /// The body as plain JSON.
    pub fn json(&self, status: u16) -> Value {
        self.expect(status)
    }

    pub fn expect_status(&self, status: u16) {
        assert_eq!(self.status, status, "{}: {}", self.what, self.body);
    }

    /// The problem of this code.
    pub fn refusal(&self, code: ErrorCode) -> Problem {
        let problem: Problem = serde_json::from_str(&self.body)
            .unwrap_or_else(|_| panic!("{}: {} {}", self.what, self.status, self.body));
        assert_eq!(problem.code, code, "{}: {}", self.what, self.body);
        assert_eq!(problem.status, self.status, "{}", self.what);
        assert_eq!(
            Some(problem.request_id.as_str()),
            self.header("x-request-id"),
            "{}",
            self.what
        );
        problem
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("text"))
    }
}

impl Client {
    pub fn anonymous(server: &Server) -> Self {
        Self::new("anonymous", server, None, "", "")
    }

    pub fn new(name: &'static str, server: &Server, token: Option<String>, id: &str, email: &str) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self {
            name,
            base: server.base.clone(),
            token,
            id: id.to_owned(),
            email: email.to_owned(),
            http,
        }
    }

    /// The same person with another token.
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// Sends a request as it is, and judges the reply by the document.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(&str, Vec<u8>)>,
    ) -> Reply {
        let mut request = self.http.request(
            Method::from_bytes(method.as_bytes()).expect("a method"),
            format!("{}{path}", self.base),
        );
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some((content_type, bytes)) = body {
            request = request.header("content-type", content_type).body(bytes);
        }
        let mut response = request.send().await.expect("the server answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let content_type = headers
            .get("content-type")
            .map_or("", |value| value.to_str().expect("text"));
        let body = if content_type == "text/event-stream" {
            // It has no end; its beginning says whether it was given.
            let first = response.chunk().await.expect("a beginning").expect("an event");
            String::from_utf8(first.to_vec()).expect("text")
        } else {
            response.text().await.expect("a body")
        };
        let bare = path.split('?').next().expect("a path");
        Contract::get().check(method, bare, status, content_type, &body);
        Reply {
            status,
            headers,
            body,
            what: format!("{} {method} {path}", self.name),
        }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", &api(path), &[], None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.write("POST", path, &[], body).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", &api(path), &[], None).await
    }

    /// A write with a JSON body under a fresh idempotency key, unless the headers bring one.
    pub async fn write(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Reply {
        let key = Uuid::now_v7().to_string();
        let mut all = headers.to_vec();
        if !headers.iter().any(|(name, _)| *name == "idempotency-key") {
            all.push(("idempotency-key", &key));
        }
        let body = Some(("application/json", body.to_string().into_bytes()));
        self.send(method, &api(path), &all, body).await
    }

    /// An edit of what was read with this ETag.
    pub async fn edit(&self, method: &str, path: &str, etag: &str, body: Value) -> Reply {
        self.write(method, path, &[("if-match", etag)], body).await
    }
}

fn api(path: &str) -> String {
    if path.starts_with("/api/") || path.ends_with('z') {
        path.to_owned()
    } else {
        format!("/api/v1{path}")
    }
}

/// An organisation with one person of each kind who signs in, and another organisation's admin.
pub struct World {
    pub admin: Client,
    pub finance: Client,
    pub auditor: Client,
    pub manager: Client,
    /// Owns `owned_group`, and is in it.
    pub owner: Client,
    /// Reports to the manager, is in the owned group.
    pub member: Client,
    pub anonymous: Client,
    pub other_org: Client,
    pub owned_group: String,
    pub default_group: String,
    pub credit_type: String,
}

pub const PASSWORD: &str = "correct horse battery";

/// An organisation of its own; its admin.
pub async fn organisation(server: &Server, name: &'static str) -> Client {
    organisation_in(server, name, "EUR").await
}

async fn organisation_in(server: &Server, name: &'static str, currency: &str) -> Client {
    let email = format!("{name}-{}@example.org", Uuid::now_v7().simple());
    let rate = Rate::new(RateSide::Factor, Fixed::parse("100", 9).expect("a number")).expect("a rate");
    let new = NewOrganisation {
        name: format!("Organisation of {email}"),
        time_zone: "Europe/Berlin".to_owned(),
        currency: currency.parse().expect("a currency"),
        admin_email: email.parse().expect("an address"),
        admin_name: "Ada Admin".to_owned(),
        admin_password: PASSWORD.to_owned(),
        credit_type: FirstCreditType {
            name: "AI usage".to_owned(),
            cadence: Cadence::CalendarMonth,
            limit: "100000".parse().expect("an amount"),
            rate,
        },
    };
    let signed_in = server
        .app
        .create_organisation(&new)
        .await
        .expect("an organisation");
    let client = Client::new(name, server, Some(signed_in.access_token), "", &email);
    let id = client.get("/me").await.json(200)["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    Client { id, ..client }
}

impl World {
    pub async fn new(server: &Server) -> Self {
        Self::in_currency(server, "EUR").await
    }

    /// The same with another currency.
    pub async fn in_currency(server: &Server, currency: &str) -> Self {
        let admin = organisation_in(server, "admin", currency).await;
        let other_org = organisation(server, "other_org").await;
        let finance = join(server, &admin, "finance", None).await;
        let auditor = join(server, &admin, "auditor", None).await;
        let manager = join(server, &admin, "manager", None).await;
        let owner = join(server, &admin, "owner", None).await;
        let member = join(server, &admin, "member", Some(&manager.id)).await;
        for (person, role) in [(&finance, "finance"), (&auditor, "auditor")] {
            let path = format!("/people/{}/role", person.id);
            admin
                .write("PUT", &path, &[], json!({"role": role}))
                .await
                .json(200);
        }
        let groups = admin.get("/groups").await.json(200);
        let default_group = groups["items"][0]["id"]
            .as_str()
            .expect("the Default group")
            .to_owned();
        let group = admin
            .post("/groups", json!({"name": "Research", "owner_id": owner.id}))
            .await
            .json(201);
        let owned_group = group["id"].as_str().expect("an id").to_owned();
        for person in [&owner, &member] {
            let path = format!("/people/{}/group", person.id);
            admin
                .write("PUT", &path, &[], json!({"group_id": owned_group}))
                .await
                .json(200);
        }
        let types = admin.get("/credit-types").await.json(200);
        let credit_type = types["items"][0]["id"]
            .as_str()
            .expect("a credit type")
            .to_owned();
        Self {
            anonymous: Client::anonymous(server),
            admin,
            finance,
            auditor,
            manager,
            owner,
            member,
            other_org,
            owned_group,
            default_group,
            credit_type,
        }
    }

    /// Somebody of a role who owns a group besides, and the group.
    pub async fn owner_in_role(&self, server: &Server, name: &'static str, role: &str) -> (Client, String) {
        let person = join(server, &self.admin, name, None).await;
        let path = format!("/people/{}/role", person.id);
        let role = json!({"role": role});
        self.admin.write("PUT", &path, &[], role).await.json(200);
        let group = json!({"name": format!("Group of {name}"), "owner_id": person.id});
        let group = self.admin.post("/groups", group).await.json(201);
        (person, group["id"].as_str().expect("an id").to_owned())
    }

    /// The people who sign in, by the names in the permission matrix.
    pub fn actors(&self) -> [&Client; 6] {
        [
            &self.admin,
            &self.finance,
            &self.auditor,
            &self.manager,
            &self.owner,
            &self.member,
        ]
    }
}

/// A new person, added, invited and signed in as it is done in life.
async fn join(server: &Server, admin: &Client, name: &'static str, manager: Option<&str>) -> Client {
    let email = format!("{name}-{}@example.org", Uuid::now_v7().simple());
    let body = json!({"email": email, "display_name": format!("Person {name}"), "manager_id": manager});
    let person = admin.post("/people", body).await.json(201);
    let id = person["id"].as_str().expect("an id").to_owned();
    let token = invite(admin, &id).await;
    // Past HTTP, so that many tests at once do not look like somebody guessing.
    let accepted = server
        .app
        .accept_invitation(&token, PASSWORD.to_owned(), &email, "test".to_owned())
        .await;
    let token = accepted.expect("a session").access_token;
    Client::new(name, server, Some(token), &id, &email)
}

/// Invites a person and gives the token of the link.
pub async fn invite(admin: &Client, id: &str) -> String {
    let reply = admin
        .send("POST", &api(&format!("/people/{id}/invitation")), &[], None)
        .await;
    let path = reply.json(201)["path"].as_str().expect("a path").to_owned();
    path.split_once('#').expect("a token").1.to_owned()
}
