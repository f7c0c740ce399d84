//! libmunge's functions, and the only unsafe code of this crate.
//!
//! Facts: munge(3), munge_ctx(3) and munge.h of MUNGE 0.5.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use libloading::Library;

use crate::Decoded;
use crate::error::{LoadError, MungeError, Refusal};

/// `munge_ctx_set` option: the path of munged's socket, a `char *` that is copied.
const MUNGE_OPT_SOCKET: c_int = 8;
const EMUNGE_SUCCESS: c_int = 0;

type Encode = unsafe extern "C" fn(*mut *mut c_char, *mut c_void, *const c_void, c_int) -> c_int;
type Decode =
    unsafe extern "C" fn(*const c_char, *mut c_void, *mut *mut c_void, *mut c_int, *mut u32, *mut u32) -> c_int;
type StrError = unsafe extern "C" fn(c_int) -> *const c_char;
type CtxCreate = unsafe extern "C" fn() -> *mut c_void;
type CtxSet = unsafe extern "C" fn(*mut c_void, c_int, ...) -> c_int;
type CtxDestroy = unsafe extern "C" fn(*mut c_void);
type Free = unsafe extern "C" fn(*mut c_void);

/// The functions used, with the library that they live in.
#[derive(Debug)]
pub(crate) struct Functions {
    encode: Encode,
    decode: Decode,
    strerror: StrError,
    ctx_create: CtxCreate,
    ctx_set: CtxSet,
    ctx_destroy: CtxDestroy,
    free: Free,
    /// Keeps the code mapped as long as the pointers above exist.
    _library: Library,
}

impl Functions {
    /// Opens the library and finds the functions.
    pub(crate) fn load() -> Result<Self, LoadError> {
        // SAFETY: libmunge has no initialisers that do anything but set up its own data.
        let library = unsafe { Library::new("libmunge.so.2") }.map_err(LoadError::Open)?;
        Ok(Self {
            encode: symbol(&library, "munge_encode")?,
            decode: symbol(&library, "munge_decode")?,
            strerror: symbol(&library, "munge_strerror")?,
            ctx_create: symbol(&library, "munge_ctx_create")?,
            ctx_set: symbol(&library, "munge_ctx_set")?,
            ctx_destroy: symbol(&library, "munge_ctx_destroy")?,
            // libmunge allocates with malloc; dlsym finds the same libc's free through it.
            free: symbol(&library, "free")?,
            _library: library,
        })
    }

    /// Mints a credential.
    pub(crate) fn encode(&self, socket: Option<&Path>, payload: &[u8]) -> Result<String, MungeError> {
        let length = c_int::try_from(payload.len()).map_err(|_| MungeError::PayloadTooLong(payload.len()))?;
        let context = Context::new(self, socket)?;
        let mut credential: *mut c_char = ptr::null_mut();
        // SAFETY: `credential` is a valid out pointer, the payload is `length` readable bytes, and
        // the context lives until the end of this function (munge(3), munge_encode).
        let code = unsafe { (self.encode)(&raw mut credential, context.raw, payload.as_ptr().cast(), length) };
        let owned = Owned { raw: credential.cast(), free: self.free };
        if code != EMUNGE_SUCCESS {
            return Err(MungeError::of(code, self.text(code)));
        }
        // SAFETY: on success the credential is a NUL-terminated string that `owned` keeps alive.
        let text = unsafe { CStr::from_ptr(owned.raw.cast()) };
        Ok(text.to_string_lossy().into_owned())
    }

    /// Reads a credential. The content comes back for refused ones too, as far as munged vouches for it.
    pub(crate) fn decode(
        &self,
        socket: Option<&Path>,
        credential: &str,
    ) -> Result<(Option<Refusal>, Decoded), MungeError> {
        let credential = CString::new(credential).map_err(|_| MungeError::Nul("the credential"))?;
        let context = Context::new(self, socket)?;
        let mut payload: *mut c_void = ptr::null_mut();
        let mut length: c_int = 0;
        // `(uid_t) -1` and `(gid_t) -1` are nobody: what remains when munged says nothing.
        let (mut uid, mut gid) = (u32::MAX, u32::MAX);
        // SAFETY: all out pointers are valid for writes and the credential is NUL-terminated
        // (munge(3), munge_decode).
        let code = unsafe {
            (self.decode)(
                credential.as_ptr(),
                context.raw,
                &raw mut payload,
                &raw mut length,
                &raw mut uid,
                &raw mut gid,
            )
        };
        let owned = Owned { raw: payload, free: self.free };
        let refusal = match (code, Refusal::of(code)) {
            (EMUNGE_SUCCESS, _) => None,
            (_, Some(known @ (Refusal::Expired | Refusal::Rewound | Refusal::Replayed))) => Some(known),
            _ => return Err(MungeError::of(code, self.text(code))),
        };
        let payload = owned.bytes(usize::try_from(length).unwrap_or(0));
        Ok((refusal, Decoded { uid, gid, payload }))
    }

    /// `munge_strerror(3)`.
    fn text(&self, code: c_int) -> String {
        // SAFETY: takes any number and returns a string constant, or null.
        let text = unsafe { (self.strerror)(code) };
        if text.is_null() {
            return "unknown error".to_owned();
        }
        // SAFETY: a NUL-terminated constant of the library, which `self` keeps mapped.
        unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
    }
}

/// Finds one function. The caller names its type by where the result goes.
fn symbol<T: Copy>(library: &Library, name: &'static str) -> Result<T, LoadError> {
    // SAFETY: each `T` used above is the prototype that munge.h (or stdlib.h) gives `name`, and the
    // pointer does not outlive the library: they are kept in one struct.
    let found = unsafe { library.get::<T>(name) };
    found.map(|symbol| *symbol).map_err(|e| LoadError::Symbol(name, e))
}

/// A `munge_ctx_t`, destroyed at the end.
struct Context<'a> {
    raw: *mut c_void,
    functions: &'a Functions,
}

impl<'a> Context<'a> {
    /// A context with the options' defaults, talking to `socket` if one is given.
    fn new(functions: &'a Functions, socket: Option<&Path>) -> Result<Self, MungeError> {
        let socket = socket
            .map(|path| CString::new(path.as_os_str().as_bytes()))
            .transpose()
            .map_err(|_| MungeError::Nul("the path of munged's socket"))?;
        // SAFETY: takes nothing; null means there is no memory.
        let raw = unsafe { (functions.ctx_create)() };
        if raw.is_null() {
            return Err(MungeError::of(5, functions.text(5)));
        }
        let context = Self { raw, functions };
        if let Some(socket) = socket {
            // SAFETY: the option takes a `char *` to a NUL-terminated path and copies it (munge_ctx(3)).
            let code = unsafe { (functions.ctx_set)(raw, MUNGE_OPT_SOCKET, socket.as_ptr()) };
            if code != EMUNGE_SUCCESS {
                return Err(MungeError::of(code, functions.text(code)));
            }
        }
        Ok(context)
    }
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        // SAFETY: made by munge_ctx_create and destroyed once.
        unsafe { (self.functions.ctx_destroy)(self.raw) };
    }
}

/// Memory from libmunge, freed at the end; null owns nothing.
struct Owned {
    raw: *mut c_void,
    free: Free,
}

impl Owned {
    /// A copy of its first `length` bytes.
    fn bytes(&self, length: usize) -> Vec<u8> {
        if self.raw.is_null() || length == 0 {
            return Vec::new();
        }
        // SAFETY: munge_decode says that the buffer has `length` bytes.
        unsafe { std::slice::from_raw_parts(self.raw.cast::<u8>(), length) }.to_vec()
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        // SAFETY: allocated by malloc within libmunge, or null, and freed once (munge(3)).
        unsafe { (self.free)(self.raw) };
    }
}
