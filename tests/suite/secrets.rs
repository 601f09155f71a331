//! Client secrets: what people really put there is told at start-up, each by what it is.

use hubspot_signature::{ClientSecret, SecretError, Verifier, Version};
use proptest::prelude::*;

use crate::common::{OTHER_SECRET, SECRET, oracle, verifier};

use SecretError::{
    AccessToken, Assignment, Bearer, Empty, InnerWhiteSpace, Placeholder, Quoted, SurroundingWhiteSpace, Template,
    TooShort,
};

/// Under every name that a secret is given by.
#[track_caller]
fn assert_refused(text: &str, error: SecretError) {
    assert_eq!(Verifier::new(text, Version::V3).err(), Some(error), "{text:?}");
    assert_eq!(verifier().previous_secret(text).err(), Some(error), "{text:?}");
    assert_eq!(ClientSecret::new(text).err(), Some(error), "{text:?}");
    assert_eq!(oracle::secret_fault(text), Some(format!("{error:?}").as_str()), "{text:?}");
}

#[test]
fn unusable_secrets() {
    for (text, error) in [
        ("", Empty),
        (" ", SurroundingWhiteSpace),
        ("\n", SurroundingWhiteSpace),
        ("0123456789abcdef\n", SurroundingWhiteSpace),
        ("0123456789abcdef\r\n", SurroundingWhiteSpace),
        (" 0123456789abcdef", SurroundingWhiteSpace),
        ("0123456789abcdef\t", SurroundingWhiteSpace),
        ("0123456789abcdef\0", SurroundingWhiteSpace),
        ("\u{1b}0123456789abcdef", SurroundingWhiteSpace),
        ("\u{feff}0123456789abcdef", SurroundingWhiteSpace),
        ("0123456789abcdef\u{feff}", SurroundingWhiteSpace),
        ("0123456789abcdef\u{200b}", SurroundingWhiteSpace),
        ("\u{2060}0123456789abcdef", SurroundingWhiteSpace),
        ("0123456789abcdef\u{202e}", SurroundingWhiteSpace),
        ("0123456789abcdef\u{ad}", SurroundingWhiteSpace),
        ("0123456789abcdef\u{a0}", SurroundingWhiteSpace),
        ("\u{2003}0123456789abcdef", SurroundingWhiteSpace),
        (" pat-na1-0", SurroundingWhiteSpace),
        ("\"0123456789abcdef\"", Quoted),
        ("'0123456789abcdef'", Quoted),
        ("`0123456789abcdef`", Quoted),
        ("\"0123456789abcdef", Quoted),
        ("0123456789abcdef'", Quoted),
        ("0123456789abcdef`", Quoted),
        ("\"", Quoted),
        ("“0123456789abcdef”", Quoted),
        ("0123456789abcdef”", Quoted),
        ("‘0123456789abcdef’", Quoted),
        ("„0123456789abcdef“", Quoted),
        ("Bearer 0123456789abcdef", Bearer),
        ("bearer yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", Bearer),
        ("BASIC dXNlcjpwYXNzd29yZA==", Bearer),
        ("Token 0123456789abcdef", Bearer),
        ("pat-na1-00000000-0000-0000-0000-000000000000", AccessToken),
        ("pat-", AccessToken),
        ("${HUBSPOT_CLIENT_SECRET}", Template),
        ("prefix-${HUBSPOT_CLIENT_SECRET}", Template),
        ("$HUBSPOT_CLIENT_SECRET", Template),
        ("{{ .Values.hubspot.clientSecret }}", Template),
        ("#{hubspot.client.secret}", Template),
        ("<your client secret here>", Template),
        ("%HUBSPOT_CLIENT_SECRET%", Template),
        ("vault://secret/hubspot#client_secret", Template),
        ("[client-secret-goes-here]", Template),
        ("{hubspot-client-secret}", Template),
        ("process.env.HUBSPOT_CLIENT_SECRET", Template),
        ("import.meta.env.VITE_HUBSPOT_SECRET", Template),
        ("secrets.HUBSPOT_SECRET_2", Template),
        ("app.config.hubspot.secret", Template),
        ("env:HUBSPOT_CLIENT_SECRET", Template),
        ("os.environ['X']", Template),
        ("os.environ[\"HUBSPOT_CLIENT_SECRET\"]", Template),
        ("os.getenv(\"HUBSPOT_CLIENT_SECRET\")", Template),
        ("ENV.fetch('HUBSPOT_CLIENT_SECRET')", Template),
        ("std::env::var(\"HUBSPOT_CLIENT_SECRET\").unwrap()", Template),
        ("env!(\"HUBSPOT_CLIENT_SECRET\")", Template),
        ("ENC[AES256_GCM,data:Zm9v,iv:YmFy]", Template),
        ("/run/secrets/hubspot_client_secret", Template),
        ("projects/1/secrets/hubspot/versions/latest", Template),
        ("arn:aws:secretsmanager:eu-west-1:1:secret:hubspot", Template),
        ("NAME=yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", Assignment),
        ("HUBSPOT_CLIENT_SECRET=yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", Assignment),
        ("export NAME=yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", Assignment),
        ("client_secret: yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", Assignment),
        ("undefined", Placeholder),
        ("null", Placeholder),
        ("None", Placeholder),
        ("nil", Placeholder),
        ("NaN", Placeholder),
        ("true", Placeholder),
        ("false", Placeholder),
        ("changeme", Placeholder),
        ("change-me-please-before-production", Placeholder),
        ("secret", Placeholder),
        ("client_secret", Placeholder),
        ("HUBSPOT_CLIENT_SECRET", Placeholder),
        ("MY_APP_HUBSPOT_CLIENT_SECRET_2", Placeholder),
        ("the client secret of the app", Placeholder),
        ("your-client-secret", Placeholder),
        ("YOUR_HUBSPOT_CLIENT_SECRET_HERE", Placeholder),
        ("insert-client-secret-here", Placeholder),
        ("replace_with_the_real_secret", Placeholder),
        ("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", Placeholder),
        ("XXXXXXXXXXXXXXXXXXXX", Placeholder),
        ("********************", Placeholder),
        ("••••••••••••••••••••", Placeholder),
        ("................", Placeholder),
        ("00000000-0000-0000-0000-000000000000", Placeholder),
        ("ffffffff-ffff-ffff-ffff-ffffffffffff", Placeholder),
        ("FFFFffff-ffff-ffff-ffff-ffffffffffff", Placeholder),
        ("yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", Placeholder),
        ("1111111111111111", Placeholder),
        ("éééééééééééééééé", Placeholder),
        ("todo", Placeholder),
        ("TBD", Placeholder),
        ("[object Object]", Template),
        ("object-object", Placeholder),
        ("a", TooShort),
        ("0123456789abcde", TooShort),
        ("two words", InnerWhiteSpace),
        ("two words, and a third", InnerWhiteSpace),
        ("yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", InnerWhiteSpace),
        ("yyyyyyyy-yyyy-yyyy-\r\nyyyy-yyyyyyyyyyyy", InnerWhiteSpace),
        ("0123456789\0abcdef", InnerWhiteSpace),
        ("0123456789\u{a0}abcdef", InnerWhiteSpace),
        ("0123456789\u{200b}abcdef", InnerWhiteSpace),
        ("0123456789\u{feff}abcdef", InnerWhiteSpace),
        ("it's a long enough secret", InnerWhiteSpace),
        ("é", Placeholder),
        ("aéééééééééééééé", TooShort),
    ] {
        assert_refused(text, error);
    }
}

/// A text that is no likely mistake is not for this crate to judge.
#[test]
fn usable_secrets() {
    for text in [
        SECRET,
        OTHER_SECRET,
        "0123456789abcdef",
        "aééééééééééééééé",
        "two-words,and-a-third",
        "PAT-na1-00000000-0000",
        "xpat-na1-00000000-0000",
        "it's-a-long-enough-secret",
        "correct.horse.battery.staple",
        "0123456789.environment",
        "0123456789(abcdef)-",
        "(0123456789abcdef)",
        "your0123456789abcdef0123456789ab",
        "dXNlcjpwYXNzd29yZDEyMw==",
        "bearer-0123456789abcdef",
        "secret-0123456789abcdef",
        "null-0123456789abcdef",
        "0123456789abcdef$",
        "0123456789abcdef%",
        "0{123}456789abcdef",
        &"kl".repeat(500),
    ] {
        assert!(Verifier::new(text, Version::V3).is_ok(), "{text:?}");
        assert!(verifier().previous_secret(text).is_ok(), "{text:?}");
        assert!(oracle::is_secret(text), "{text:?}");
    }
    assert!(verifier().previous_secret(None).is_ok());
    assert!(verifier().previous_secret(Some(OTHER_SECRET)).is_ok());
    assert_eq!(verifier().previous_secret(Some("")).err(), Some(Empty));
}

/// A secret as people paste it: something around it, pieces that mean something, and anything else.
fn pasted() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "${",
            "{{",
            "}}",
            "}",
            "{",
            "#{",
            "$",
            "%",
            "<",
            ">",
            "[",
            "]",
            "://",
            "=",
            "==",
            ":",
            ": ",
            "\"",
            "'",
            "”",
            "„",
            " ",
            "\t",
            "\n",
            "\u{200b}",
            "\u{feff}",
            "\u{2060}",
            "\u{180e}",
            "\u{206f}",
            "pat-",
            "Bearer ",
            "basic ",
            "token ",
            "export ",
            "NAME",
            "null",
            "your",
            "Insert",
            "x",
            "X",
            "-",
            "*",
            "•",
            "changeme",
            "secret",
            "undefined",
            "0123456789abcdef",
            "process.env.",
            "os.environ[",
            "env::var(",
            ")",
            ".",
            "/secrets/",
            "client",
            "00000000-0000-0000-",
            "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy",
        ])
        .prop_map(str::to_owned),
        "[a-z0-9-]{1,12}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    /// The oracle that the fuzz targets use says the same, with the same reason.
    #[test]
    fn the_oracle_knows_which_secrets_are_refused(text in prop_oneof![4 => pasted(), 1 => any::<String>()]) {
        let error = ClientSecret::new(&text).err().map(|error| format!("{error:?}"));
        prop_assert_eq!(error.as_deref(), oracle::secret_fault(&text));
        prop_assert_eq!(error.is_none(), oracle::is_secret(&text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5_000) })]

    /// No rule refuses what HubSpot could make. Of UUIDs only those with one digit in all places are none.
    #[test]
    fn every_uuid_is_taken(number in any::<u128>(), upper in any::<bool>()) {
        let digits = if upper { format!("{number:032X}") } else { format!("{number:032x}") };
        let [a, b, c, d, e] = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
        for text in [format!("{a}-{b}-{c}-{d}-{e}"), digits.clone()] {
            prop_assert!(ClientSecret::new(&text).is_ok(), "{}", text);
        }
    }

    /// Random bytes in hex, base64 or base64 for URLs, whatever word they begin with.
    #[test]
    fn every_opaque_token_is_taken(
        word in prop::sample::select(vec!["", "your", "Enter", "paste", "replace", "undefined", "null", "test", "xxxx"]),
        token in prop_oneof!["[0-9a-f]{32,64}", "[A-Za-z0-9_-]{32,64}", "[A-Za-z0-9+/]{32,64}={0,2}"],
        digit in 0..10_u8,
    ) {
        let text = format!("{word}{token}");
        // A token of this length without a single digit is one in three hundred, and may be words.
        let text = if text.bytes().any(|byte| byte.is_ascii_digit()) { text } else { format!("{digit}{text}") };
        prop_assert!(ClientSecret::new(&text).is_ok(), "{}", text);
    }
}

/// Every character inside, each of the first planes.
#[test]
fn every_character_inside() {
    for c in ('\0'..='\u{ffff}').chain(['\u{1f511}', '\u{e0001}', '\u{10ffff}']) {
        let text = format!("01234567{c}89abcdef");
        let error = ClientSecret::new(&text).err().map(|error| format!("{error:?}"));
        assert_eq!(error.as_deref(), oracle::secret_fault(&text), "{c:?}");
        assert!(!c.is_ascii() || error.is_some() == (c.is_control() || " :=".contains(c)), "{c:?}");
    }
}

/// One character at either end, each of the first planes.
#[test]
fn every_character_at_the_ends() {
    for c in ('\0'..='\u{ffff}').chain(['\u{1f511}', '\u{e0001}', '\u{10ffff}']) {
        for text in [format!("{c}0123456789abcdef"), format!("0123456789abcdef{c}")] {
            let error = ClientSecret::new(&text).err().map(|error| format!("{error:?}"));
            assert_eq!(error.as_deref(), oracle::secret_fault(&text), "{c:?}");
        }
    }
}
