//! What a client may do wrong, and texts that are no profiles while they are typed.

use serde_json::{Value, json};

use crate::client::{Client, site_profile};

/// Numbers that look like chance and are the same in every run (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below.max(1) as u64).expect("small")
    }
}

#[test]
fn ten_thousand_edits_leave_the_server_alive_and_right() {
    let text = site_profile("laptop.toml");
    let mut client = Client::new(&[]);
    client.open("a.toml", &text);
    let mut dice = Dice(0x5eed);
    let pieces = [
        "\"",
        "'''",
        "[",
        "]",
        "{",
        "}",
        "=",
        "\n",
        ".",
        ",",
        "#",
        "😀",
        "\u{feff}",
        "\r",
        "x",
        "1",
        "",
        "",
        "[[filesystem]]\n",
    ];
    for version in 2..10_002 {
        let line = dice.roll(60);
        let character = dice.roll(60);
        let end = if dice.roll(3) == 0 { character + dice.roll(9) } else { character };
        let range =
            json!({ "start": { "line": line, "character": character }, "end": { "line": line, "character": end } });
        client.change("a.toml", version, json!([{ "range": range, "text": pieces[dice.roll(pieces.len())] }]));
        if version % 1000 == 0 {
            let at = json!({ "textDocument": { "uri": client.uri("a.toml") }, "position": { "line": line, "character": character } });
            for method in ["textDocument/hover", "textDocument/completion", "textDocument/definition"] {
                client.ask(method, at.clone());
            }
        }
    }
    client.change("a.toml", 10_002, json!([{ "text": "schema = 1\nnope = 1\n" }]));
    assert!(client.codes("a.toml").contains(&"SITE002".to_owned()));
    assert!(client.stop().success());
}

#[test]
fn every_prefix_of_a_profile_is_answered() {
    let text = site_profile("laptop.toml");
    let mut client = Client::new(&[]);
    client.open("a.toml", "");
    for (version, end) in (2..).zip((0..text.len()).filter(|n| text.is_char_boundary(*n))) {
        if end % 8 == 0 {
            client.change("a.toml", version, json!([{ "text": text[..end] }]));
            let line = text[..end].matches('\n').count();
            let character = end - text[..end].rfind('\n').map_or(0, |at| at + 1);
            let uri = client.uri("a.toml");
            let at = json!({ "textDocument": { "uri": uri }, "position": { "line": line, "character": character } });
            client.ask("textDocument/completion", at);
        }
    }
    client.change("a.toml", 1_000_000, json!([{ "text": text }]));
    let errors = client.said("a.toml").into_iter().filter(|one| one["severity"] == 1).collect::<Vec<_>>();
    assert_eq!(errors, Vec::<Value>::new());
}

#[test]
fn messages_that_are_none_are_refused_and_the_next_one_is_answered() {
    let mut client = Client::new(&[]);
    for body in ["{", "[]", "null", "{\"id\":1}", "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":1}", "\u{0}\u{1}"] {
        client.send_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }
    client.tell("textDocument/didOpen", json!({ "wrong": true }));
    client.tell("textDocument/didChange", json!([1, 2]));
    client.tell("no/such", Value::Null);
    client.tell(
        "textDocument/didChange",
        json!({ "textDocument": { "uri": "file:///not/open", "version": 1 }, "contentChanges": [{ "text": "x" }] }),
    );
    let id = client.begin("no/such/request", Value::Null);
    assert_eq!(client.response(id)["error"]["code"], -32601);
    let id = client.begin("textDocument/hover", json!({ "textDocument": 1 }));
    assert_eq!(client.response(id)["error"]["code"], -32602);
    client.open("a.toml", "schema = 1\nnope = 1\n");
    assert!(client.codes("a.toml").contains(&"SITE002".to_owned()));
    assert!(client.stop().success());
}

#[test]
fn a_request_before_the_handshake_is_refused() {
    let mut client = Client::raw(&[]);
    let id = client.begin("textDocument/hover", json!({}));
    assert_eq!(client.response(id)["error"]["code"], -32002);
}

#[test]
fn a_cancelled_request_is_answered_as_cancelled() {
    let mut client = Client::new(&[]);
    let text = site_profile("el9-slingshot.toml");
    // Both in one write: the server has seen the cancellation before it begins the request.
    let id = 4711;
    let cancel = json!({ "jsonrpc": "2.0", "method": "$/cancelRequest", "params": { "id": id } }).to_string();
    let at = json!({ "textDocument": { "uri": client.uri("a.toml") }, "position": { "line": 0, "character": 0 } });
    let ask = json!({ "jsonrpc": "2.0", "id": id, "method": "textDocument/hover", "params": at }).to_string();
    client.open("a.toml", &text);
    let both = [&cancel, &ask].map(|text| format!("Content-Length: {}\r\n\r\n{text}", text.len())).concat();
    client.send_raw(both.as_bytes());
    assert_eq!(client.response(id)["error"]["code"], -32800);
    assert!(client.stop().success());
}

#[test]
fn the_exit_code_tells_whether_the_client_said_goodbye() {
    let client = Client::new(&[]);
    assert_eq!(client.wait().code(), Some(1), "the connection was lost");
    let mut client = Client::new(&[]);
    client.tell("exit", Value::Null);
    assert_eq!(client.wait().code(), Some(1), "no shutdown before");
    let mut client = Client::new(&[]);
    client.ask("shutdown", Value::Null);
    let id = client.begin("textDocument/hover", json!({}));
    assert_eq!(client.response(id)["error"]["code"], -32600);
    client.tell("exit", Value::Null);
    assert_eq!(client.wait().code(), Some(0));
}

#[test]
fn a_lost_frame_ends_the_server_with_a_word() {
    let mut client = Client::new(&[]);
    client.send_raw(b"Content-Length: many\r\n\r\n{}");
    assert_eq!(client.wait().code(), Some(74));
}

#[test]
fn secrets_of_a_profile_are_never_shown_or_resolved() {
    let text =
        "schema = 1\n[gateway.database]\npassword = \"hunter2-hunter2\"\nuri = { command = [\"touch\", \"ran\"] }\n";
    let mut client = Client::new(&[]);
    client.open("a.toml", text);
    let said = format!("{:?}", client.said("a.toml"));
    assert!(said.contains("SEC001") && !said.contains("hunter2"), "{said}");
    for what in ["password", "hunter2", "command"] {
        let hover = client.at("textDocument/hover", "a.toml", text, what, 1).to_string();
        assert!(!hover.contains("hunter2"), "{hover}");
    }
    assert!(!client.path("ran").exists());
}
