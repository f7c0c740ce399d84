//! An editor as small as can be.

#![expect(clippy::needless_pass_by_value, reason = "what is sent is made for the call: `tell(method, json!(...))`")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use serde_json::{Value, json};

/// How long any answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server and the directory it works in.
pub(crate) struct Client {
    directory: tempfile::TempDir,
    child: Child,
    input: Option<ChildStdin>,
    output: Receiver<Value>,
    next: i64,
    /// The last diagnostics of each document.
    pub(crate) diagnostics: std::collections::BTreeMap<String, Vec<Value>>,
}

impl Client {
    /// Our server, which has been told nothing yet, with `files` in its directory.
    pub(crate) fn raw(files: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shifter-site"));
        command.arg("lsp");
        Self::of(command, files)
    }

    /// Any server, with `files` in its directory.
    pub(crate) fn of(mut command: Command, files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        for (name, text) in files {
            std::fs::write(directory.path().join(name), text).expect("written");
        }
        let mut child = command
            .current_dir(directory.path())
            .env_clear()
            .env("HOME", directory.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut stream = BufReader::new(child.stdout.take().expect("piped"));
        let (sender, output) = channel();
        std::thread::spawn(move || {
            while let Some(message) = frame(&mut stream) {
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let input = child.stdin.take();
        Self { directory, child, input, output, next: 1, diagnostics: std::collections::BTreeMap::new() }
    }

    /// A server after the handshake.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        Self::raw(files).greeted()
    }

    /// The same server after the handshake.
    pub(crate) fn greeted(mut self) -> Self {
        self.ask("initialize", json!({ "capabilities": {}, "processId": null, "rootUri": null }));
        self.tell("initialized", json!({}));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().canonicalize().expect("there").join(name)
    }

    pub(crate) fn uri(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    /// Sends bytes as they are. The server may be gone.
    pub(crate) fn send_raw(&mut self, bytes: &[u8]) {
        if let Some(input) = &mut self.input {
            let _ = input.write_all(bytes).and_then(|()| input.flush());
        }
    }

    pub(crate) fn send(&mut self, message: &Value) {
        let text = message.to_string();
        self.send_raw(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes());
    }

    pub(crate) fn tell(&mut self, method: &str, params: Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and gives its number.
    pub(crate) fn begin(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next;
        self.next += 1;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// The response to the request `id`; diagnostics that come before are kept.
    pub(crate) fn response(&mut self, id: i64) -> Value {
        loop {
            let message = self.message();
            if message.get("id") == Some(&json!(id)) && message.get("method").is_none() {
                return message;
            }
        }
    }

    /// The result of a request that succeeds.
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.begin(method, params);
        let response = self.response(id);
        assert!(response.get("error").is_none(), "{method}: {response}");
        response["result"].clone()
    }

    /// The next message; diagnostics are kept too, and a question of the server's is answered with nothing.
    pub(crate) fn message(&mut self) -> Value {
        let message = match self.output.recv_timeout(PATIENCE) {
            Ok(message) => message,
            Err(error) => panic!("no message ({error}); the server said: {}", self.stderr()),
        };
        if message["method"] == "textDocument/publishDiagnostics" {
            let params = &message["params"];
            let all = params["diagnostics"].as_array().cloned().unwrap_or_default();
            self.diagnostics.insert(params["uri"].as_str().unwrap_or_default().to_owned(), all);
        }
        if let (Some(_), Some(id)) = (message.get("method"), message.get("id")) {
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": null }));
        }
        message
    }

    fn stderr(&mut self) -> String {
        let _ = self.child.kill();
        let mut text = String::new();
        if let Some(mut stream) = self.child.stderr.take() {
            let _ = stream.read_to_string(&mut text);
        }
        text
    }

    pub(crate) fn open(&mut self, name: &str, text: &str) {
        let uri = self.uri(name);
        let document = json!({ "uri": uri, "languageId": "toml", "version": 1, "text": text });
        self.tell("textDocument/didOpen", json!({ "textDocument": document }));
    }

    pub(crate) fn change(&mut self, name: &str, version: i64, changes: Value) {
        let document = json!({ "uri": self.uri(name), "version": version });
        self.tell("textDocument/didChange", json!({ "textDocument": document, "contentChanges": changes }));
    }

    /// The codes said of a document, once all that was sent has been looked at.
    pub(crate) fn codes(&mut self, name: &str) -> Vec<String> {
        let codes = |one: &Value| one["code"].as_str().unwrap_or_default().to_owned();
        self.said(name).iter().map(codes).collect()
    }

    /// The diagnostics of a document, once all that was sent has been looked at.
    pub(crate) fn said(&mut self, name: &str) -> Vec<Value> {
        let uri = self.uri(name);
        // Diagnostics come when nothing is waiting; then two requests are answered after them.
        for _ in 0..50 {
            self.ask(
                "textDocument/hover",
                json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 0 } }),
            );
            while let Ok(message) = self.output.recv_timeout(Duration::from_millis(200)) {
                if message["method"] == "textDocument/publishDiagnostics" {
                    let params = &message["params"];
                    let all = params["diagnostics"].as_array().cloned().unwrap_or_default();
                    self.diagnostics.insert(params["uri"].as_str().unwrap_or_default().to_owned(), all);
                }
            }
            if let Some(said) = self.diagnostics.get(&uri) {
                return said.clone();
            }
        }
        panic!("nothing was said of {name}");
    }

    /// A request about the place of `what` in `text`, plus `more` characters.
    pub(crate) fn at(&mut self, method: &str, name: &str, text: &str, what: &str, more: usize) -> Value {
        let position = position(text, what, more);
        let uri = self.uri(name);
        self.ask(method, json!({ "textDocument": { "uri": uri }, "position": position }))
    }

    /// Says goodbye as a client should.
    pub(crate) fn stop(mut self) -> ExitStatus {
        self.ask("shutdown", Value::Null);
        self.tell("exit", Value::Null);
        self.wait()
    }

    /// Closes the connection and waits for the server to end.
    pub(crate) fn wait(mut self) -> ExitStatus {
        drop(self.input.take());
        let mut said = String::new();
        let status = self.child.wait().expect("the server ends");
        if let Some(mut stream) = self.child.stderr.take() {
            let _ = stream.read_to_string(&mut said);
        }
        assert!(!said.contains("panicked"), "{said}");
        status
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // A test that failed must not leave a server behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where `what` stands in an ASCII text.
pub(crate) fn position(text: &str, what: &str, more: usize) -> Value {
    let offset = text.find(what).unwrap_or_else(|| panic!("{what} is not in the text")) + more;
    let line = text[..offset].matches('\n').count();
    let start = text[..offset].rfind('\n').map_or(0, |end| end + 1);
    json!({ "line": line, "character": offset - start })
}

/// One message off a stream.
fn frame(stream: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end() {
            "" => break,
            line => length = line.strip_prefix("Content-Length: ")?.parse().ok()?,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}

/// The text after the edits that a result makes in the document `uri`.
pub(crate) fn edited(text: &str, edits: &Value) -> String {
    let mut text = text.to_owned();
    let mut edits = edits.as_array().cloned().unwrap_or_default();
    edits.reverse();
    for edit in edits {
        let offset = |at: &Value| {
            let (line, character) =
                (at["line"].as_u64().unwrap_or_default(), at["character"].as_u64().unwrap_or_default());
            let start: usize =
                text.split_inclusive('\n').take(usize::try_from(line).expect("small")).map(str::len).sum();
            start + usize::try_from(character).expect("small")
        };
        let span = offset(&edit["range"]["start"])..offset(&edit["range"]["end"]);
        text.replace_range(span, edit["newText"].as_str().expect("a text"));
    }
    text
}

/// A profile of the repository.
pub(crate) fn site_profile(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("site-profiles").join(name);
    std::fs::read_to_string(path).expect("a profile")
}
