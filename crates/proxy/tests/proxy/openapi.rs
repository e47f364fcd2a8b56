//! The document that describes the wire is made of the types of the wire.

use std::fs;
use std::path::PathBuf;

use protocol::signature::SESSION_HEADER;
use protocol::{
    CancelGrantRequest, CancelReply, ContinueGrantReply, ContinueGrantRequest, Endpoint, ErrorReply, GrantReply,
    GrantRequest, IncomingPaymentReply, IncomingPaymentRequest, PaymentReply, PaymentRequest, QuoteReply, QuoteRequest,
    ReadPaymentRequest, RotateTokenReply, RotateTokenRequest,
};
use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema, schema_for};
use serde_json::{Map, Value, json};

use crate::setup::{Setup, text};

fn both<A: JsonSchema, B: JsonSchema>(generator: &mut SchemaGenerator) -> (Schema, Schema) {
    (generator.subschema_for::<A>(), generator.subschema_for::<B>())
}

/// What an endpoint takes and answers.
fn bodies(endpoint: Endpoint, generator: &mut SchemaGenerator) -> (Schema, Schema) {
    match endpoint {
        Endpoint::RequestGrant => both::<GrantRequest, GrantReply>(generator),
        Endpoint::ContinueGrant => both::<ContinueGrantRequest, ContinueGrantReply>(generator),
        Endpoint::CancelGrant => both::<CancelGrantRequest, CancelReply>(generator),
        Endpoint::CreateIncomingPayment => both::<IncomingPaymentRequest, IncomingPaymentReply>(generator),
        Endpoint::CreateQuote => both::<QuoteRequest, QuoteReply>(generator),
        Endpoint::CreatePayment => both::<PaymentRequest, PaymentReply>(generator),
        Endpoint::ReadPayment => both::<ReadPaymentRequest, PaymentReply>(generator),
        Endpoint::RotateToken => both::<RotateTokenRequest, RotateTokenReply>(generator),
    }
}

fn operation(endpoint: Endpoint, generator: &mut SchemaGenerator) -> Value {
    let (request, reply) = bodies(endpoint, generator);
    let (name, summaries) = (format!("{endpoint:?}"), schema_for!(Endpoint).to_value());
    let summary = summaries["oneOf"].as_array().unwrap().iter().find(|summary| summary["const"] == name).unwrap();
    let header = |name: &str| json!({"name": name, "in": "header", "required": true, "schema": {"type": "string"}});
    let content = |schema: Value| json!({"application/json": {"schema": schema}});
    let error = generator.subschema_for::<ErrorReply>();
    let mut operation = json!({
        "operationId": name,
        "summary": summary["description"],
        "parameters": [header("Content-Digest"), header("Signature-Input"), header("Signature")],
        "requestBody": {"required": true, "content": content(request.to_value())},
        "responses": {
            "200": {"description": "It is done.", "content": content(reply.to_value())},
            "default": {"description": "It is not.", "content": content(error.to_value())},
        },
    });
    if endpoint.needs_session() {
        operation["security"] = json!([{"session": []}]);
        let renewed = json!({"description": "A renewed session.", "schema": {"type": "string"}});
        operation["responses"]["200"]["headers"] = json!({SESSION_HEADER: renewed});
    }
    operation
}

fn document() -> Value {
    let with_path = |settings: &mut SchemaSettings| settings.definitions_path = "/components/schemas".into();
    let mut generator = SchemaSettings::draft2020_12().with(with_path).into_generator();
    let paths: Map<String, Value> = Endpoint::ALL
        .into_iter()
        .map(|endpoint| (endpoint.path().to_owned(), json!({"post": operation(endpoint, &mut generator)})))
        .collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Rivulet proxy",
            "version": "1",
            "description": "The wire between extension and proxy. Each request is signed with the install's key \
                (RFC 9421, RFC 9530): the signature covers @method, @target-uri, content-digest, content-length and \
                content-type, and authorization if there is one; its parameters are created, keyid (the public key) \
                and nonce, with which a repeat gets the same answer.",
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {"session": {"type": "http", "scheme": "bearer", "bearerFormat": "PASETO v4.public"}},
        },
    });
    without_links(&mut document);
    document
}

/// Descriptions come from the documentation of the code, where names are links.
fn without_links(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(without_links),
        Value::Object(members) => members.values_mut().for_each(without_links),
        Value::String(text) => {
            while let Some((before, after)) = text.split_once("](crate::") {
                let (before, name) = before.rsplit_once('[').unwrap();
                *text = format!("{before}{name}{}", after.split_once(')').unwrap().1);
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn the_document_describes_the_types_and_is_served() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    let generated = document();
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(&path, serde_json::to_string_pretty(&generated).unwrap() + "\n").unwrap();
    }
    let committed = fs::read_to_string(path).unwrap();
    let same = serde_json::from_str::<Value>(&committed).unwrap() == generated;
    assert!(same, "run UPDATE_OPENAPI=1 cargo test -p proxy openapi");
    let response = Setup::with_wallet().await.get("/openapi.json").await;
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(text(response).await, committed);
}
