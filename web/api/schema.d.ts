// Written by `cargo xtask openapi` from docs/openapi.json. Changes here are lost.

export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Changes to terms. */
        AmendRequest: {
            /** @description The note to the client from now on; the one that is there stays when this is missing, and goes when it is empty. */
            note?: string | null;
            /** @description The release's entry and amendments that the form showed. */
            over: components["schemas"]["EntryId"][];
            set: components["schemas"]["TermsChangeBody"];
        };
        /** @description The key that signs leases and denials. */
        AuthorityJson: {
            /** @description Names the key. */
            kid: string;
            /** @description 65 bytes, uncompressed P-256, base64url. */
            public_key: components["schemas"]["Base64Url"];
            /**
             * Format: int64
             * @description How many rotations have led to it: 0 for the practice's first key.
             */
            rotations: number;
        };
        /**
         * @description Bytes: base64url without padding (RFC 4648 section 5).
         * @example UmVmcmFpbg
         */
        Base64Url: string;
        /** @description Who belongs to a client's phone. */
        CircleAnswer: {
            /** @description Whom to call. */
            contact: components["schemas"]["ContactJson"];
            /** @description The client's phones. */
            devices: components["schemas"]["OwnDevice"][];
            /** @description Whether their listening is shared, as the server heard it last; none while that is not known. */
            shares_listening: boolean | null;
            /** @description The names of those who treat the client, the first first. */
            therapists: string[];
        };
        /** @description A client as the care team sees them. */
        ClientAnswer: {
            /** @description The client. */
            client: components["schemas"]["ClientId"];
            /** @description Since when they are here. */
            created_at: components["schemas"]["Instant"];
            /** @description Their name. */
            name: string;
        };
        /**
         * @description A client's id.
         * @example client_019aa0b4c0de7000800000000000f00d
         */
        ClientId: string;
        /** @description The clients whom the caller treats. */
        ClientsAnswer: {
            /** @description Oldest first. */
            clients: components["schemas"]["ClientAnswer"][];
        };
        /** @description A clip as the care team sees it. */
        ClipAnswer: {
            /**
             * Format: int64
             * @description How long it is as it is stored, in bytes.
             */
            cipher_len: number;
            /** @description SHA-256 of what is stored. */
            cipher_sha256: components["schemas"]["Base64Url"];
            /** @description In whose therapy. */
            client: components["schemas"]["ClientId"];
            /** @description The clip. */
            clip: components["schemas"]["ClipId"];
            /** @description When it was uploaded. */
            created_at: components["schemas"]["Instant"];
            /** @description By whom. */
            created_by: components["schemas"]["StaffId"];
            /**
             * Format: int64
             * @description How long it lasts, in milliseconds.
             */
            duration_ms: number;
            /** @description Who is heard or seen in it. */
            heard: components["schemas"]["ParticipantId"][];
            /**
             * @description What its bytes were recognised as.
             * @example audio/mpeg
             */
            media_type: string;
            /**
             * Format: int64
             * @description How long it was as it was sent, in bytes.
             */
            plain_len: number;
            /** @description What it was cut from. */
            recording: components["schemas"]["RecordingId"];
            /** @description Its title. */
            title: string;
        };
        /**
         * @description A clip's id.
         * @example clip_019aa0b4c0de7000800000000000f00d
         */
        ClipId: string;
        /** @description The clips of a client. */
        ClipsAnswer: {
            /** @description Newest first; destroyed ones are left out. */
            clips: components["schemas"]["ClipAnswer"][];
        };
        /** @description A confirmation. */
        ConfirmRequest: {
            /** @description The revocations and holds that the form showed. */
            seen: components["schemas"]["EntryId"][];
        };
        /** @description One consent given or withdrawn. */
        ConsentAnswer: {
            /** @description When it was signed or said. */
            at: components["schemas"]["Instant"];
            /** @description The event. */
            consent: components["schemas"]["ConsentId"];
            form: components["schemas"]["FormId"] | null;
            /** @description Given or withdrawn. */
            kind: components["schemas"]["ConsentKind"];
            /** @description Who. */
            participant: components["schemas"]["ParticipantId"];
            /** @description For what. */
            purpose: components["schemas"]["Purpose"];
            recorded_by: components["schemas"]["StaffId"] | null;
            valid_until: components["schemas"]["Instant"] | null;
        };
        /**
         * @description The id of an event in the life of a consent.
         * @example consent_019aa0b4c0de7000800000000000f00d
         */
        ConsentId: string;
        /**
         * @description One event in the life of a consent.
         * @enum {string}
         */
        ConsentKind: "given" | "withdrawn";
        /** @description The events that were entered. */
        ConsentsAnswer: {
            /** @description One for each purpose. */
            consents: components["schemas"]["ConsentId"][];
        };
        /** @description Whom a client calls. */
        ContactJson: {
            /** @description The local crisis number. */
            crisis: string;
            /** @description How to reach the practice. */
            practice: string;
        };
        /** @description Plays of one release on one day. */
        DayAnswer: {
            /** @description When the client's day began. */
            day: components["schemas"]["Instant"];
            /** @description Those of them whose part of the day is known. */
            parts: components["schemas"]["PartsAnswer"];
            /**
             * Format: int64
             * @description Plays on every device together.
             */
            plays: number;
            /** @description The release. */
            release: components["schemas"]["ReleaseId"];
        };
        /** @description Something that somebody did. */
        DeedAnswer: {
            /**
             * @description On which day of the practice's zone. The hour is not told.
             * @example 2026-11-28
             */
            day: string;
            /** @description What it was. */
            kind: components["schemas"]["DeedKind"];
            /** @description The phone's name. */
            phone: string | null;
            /** @description What the client has agreed to, or changed their mind about. */
            purposes?: components["schemas"]["Purpose"][];
            release: components["schemas"]["ReleaseId"] | null;
            /** @description Who, where that may be told and is known. Never with `changed`. */
            who: string | null;
        };
        /**
         * @description What was done.
         * @enum {string}
         */
        DeedKind: "shared" | "changed" | "returned" | "played_together" | "agreed" | "changed_mind" | "phone_added" | "phone_removed";
        /** @description A device as staff see it. */
        DeviceAnswer: {
            confirmed_at: components["schemas"]["Instant"] | null;
            /** @description The device. */
            device: components["schemas"]["DeviceId"];
            /** @description What its person calls it. */
            name: string;
            /** @description When it was paired. */
            paired_at: components["schemas"]["Instant"];
            removed_at: components["schemas"]["Instant"] | null;
            seen_at: components["schemas"]["Instant"] | null;
            /**
             * Format: int32
             * @description How many minutes it is ahead of UTC, as a client's phone said last.
             */
            utc_offset_minutes: number | null;
        };
        /**
         * @description A device's id.
         * @example dev_019aa0b4c0de7000800000000000f00d
         */
        DeviceId: string;
        /** @description One release on one device. */
        DeviceTruthAnswer: {
            at: components["schemas"]["Instant"] | null;
            dark_by: components["schemas"]["Instant"] | null;
            /** @description The device. */
            device: components["schemas"]["DeviceId"];
            /** @description What it is known to have. */
            known: components["schemas"]["Known"];
            /** @description What its person calls it. */
            name: string;
        };
        /** @description Devices of one person. */
        DevicesAnswer: {
            /** @description Oldest first; removed ones too. */
            devices: components["schemas"]["DeviceAnswer"][];
        };
        /** @description Document ids by kind: `orders`, `shelf`, `journal`, `casebook`, as far as the caller may sync them. */
        DocumentsAnswer: {
            /** @description automerge-repo document ids. */
            documents: {
                [key: string]: string;
            };
        };
        /** @description What waits for the caller. */
        DutiesAnswer: {
            /** @description At most 100, the most urgent first, and of the same urgency what has waited longest. */
            duties: components["schemas"]["DutyAnswer"][];
            /**
             * @description What to give as `letters_since` the next time: a minute before this was read, so that a letter may be told twice and is
             *     never missed.
             */
            letters_next: components["schemas"]["Instant"];
            /** @description Where the next page begins; nothing when this is the last. Only who has read the last one may say that nothing waits. */
            next: string | null;
        };
        /** @description Something that waits. */
        DutyAnswer: components["schemas"]["WhatAnswer"] & {
            /** @description The title of the clip that it is about, where there is one and the caller may read it. */
            title: string | null;
            /**
             * @description `now`: a client has stopped a clip, or has sent a letter that cannot be read and may say so; `high`: nothing plays in the
             *     practice until it is done; `normal`: a client waits for it; `low`: there is nothing to do but to wait.
             */
            urgency: components["schemas"]["Urgency"];
        };
        /** @description A release that ends. */
        EndingAnswer: {
            /** @description Whose. */
            client: components["schemas"]["ClientId"];
            /** @description Of which clip. */
            clip: components["schemas"]["ClipId"];
            /** @description The first instant at which it does not play any more. */
            ends_at: components["schemas"]["Instant"];
            /** @description Which. */
            release: components["schemas"]["ReleaseId"];
            /** @description The clip's title; nothing where it is not the caller's to read. */
            title: string | null;
        };
        /** @description What ends soon. */
        EndingsAnswer: {
            /** @description At most 100, the next to end first. */
            endings: components["schemas"]["EndingAnswer"][];
            /** @description Where the next page begins; nothing when this is the last. */
            next: string | null;
        };
        /**
         * @description An entry's key in its document: 16 bytes, base64url without padding.
         * @example AZqgtMDecACAAAAAAADwDQ
         */
        EntryId: string;
        /** @description A version of the consent text. */
        FormAnswer: {
            /** @description When it was entered. */
            created_at: components["schemas"]["Instant"];
            /** @description The version's id. */
            form: components["schemas"]["FormId"];
            /** @description What it says. */
            paragraphs: string[];
            /**
             * Format: int64
             * @description Counted from 1.
             */
            version: number;
        };
        /**
         * @description The id of a version of the consent text.
         * @example form_019aa0b4c0de7000800000000000f00d
         */
        FormId: string;
        /** @description Every version of the consent text. */
        FormsAnswer: {
            /** @description Newest first. */
            forms: components["schemas"]["FormAnswer"][];
        };
        /** @description A lease that the device holds. */
        HeldLease: {
            /**
             * Format: int64
             * @description Which generation.
             */
            generation: number;
            /** @description Of which release. */
            release: components["schemas"]["ReleaseId"];
        };
        /** @description What was done. */
        HistoryAnswer: {
            /** @description Newest day first, 200 at most. Of one day their order tells nothing. */
            deeds: components["schemas"]["DeedAnswer"][];
        };
        /** @description A hold that was placed. */
        HoldAnswer: {
            /** @description The hold: what a lift names. */
            hold: components["schemas"]["EntryId"];
        };
        /** @description A pause. */
        HoldRequest: {
            until?: components["schemas"]["Instant"] | null;
        };
        /**
         * Format: date-time
         * @description An instant (RFC 3339). Answers say it in UTC, with milliseconds.
         * @example 2027-01-15T08:00:00.000Z
         */
        Instant: string;
        /** @description A pairing code, to be read aloud. */
        InvitationAnswer: {
            /**
             * @description The code; it is not stored and cannot be shown again.
             * @example 4F7K-9QXM-2C8R
             */
            code: string;
            /** @description When it runs out. */
            expires_at: components["schemas"]["Instant"];
        };
        /**
         * @description What is known of a release on a device.
         * @enum {string}
         */
        Known: "not_confirmed" | "nothing" | "leased" | "ready" | "pending" | "wiped" | "lost";
        /** @description A device's question. */
        LeaseRequest: {
            /** @description Signed denials that the device was given: a server that was restored from a backup may have forgotten them. */
            denials?: components["schemas"]["Base64Url"][];
            /** @description The newest lease that the device holds of each release. */
            holding?: components["schemas"]["HeldLease"][];
            /** @description 32 fresh random bytes, base64url. */
            nonce: components["schemas"]["Base64Url"];
            /** @description What the person has removed from this device: it is not leased to it. */
            removed?: components["schemas"]["ReleaseId"][];
        };
        /** @description A letter that has come. */
        LetterAnswer: {
            /** @description When it was written, by the phone's trusted time. */
            at: components["schemas"]["Instant"];
            /** @description What kind of letter it is. */
            kind: components["schemas"]["LetterKind"];
            /** @description Its key in the journal. */
            letter: components["schemas"]["EntryId"];
            /** @description Whether the caller has read it. */
            read: boolean;
            /** @description When the server received it. */
            received_at: components["schemas"]["Instant"];
            release: components["schemas"]["ReleaseId"] | null;
            /** @description The client's words, in a request. */
            words: string | null;
        };
        /**
         * @description Kinds of letters to the care team.
         * @enum {string}
         */
        LetterKind: "return" | "request";
        /** @description A client's letters. */
        LettersAnswer: {
            /** @description Newest first. */
            letters: components["schemas"]["LetterAnswer"][];
        };
        /** @description Holds to be ended. */
        LiftRequest: {
            /** @description The holds. */
            holds: components["schemas"]["EntryId"][];
        };
        /** @description What a client shares of their listening. */
        ListeningAnswer: {
            /** @description Plays by release and day. */
            days: components["schemas"]["DayAnswer"][];
            /** @description Ratings, newest first. */
            ratings: components["schemas"]["RatingAnswer"][];
            /** @description Whether they share it. Where not, the lists are empty. */
            shared: boolean;
        };
        /** @description What a phone says of its own clock. */
        LocalTime: {
            /**
             * Format: int32
             * @description How many minutes it is ahead of UTC.
             * @example 60
             */
            utc_offset_minutes: number;
        };
        /** @description Words at a point of a clip. */
        MarkBody: {
            /**
             * Format: int64
             * @description Milliseconds from the clip's beginning.
             */
            at_ms: number;
            /**
             * @description The words.
             * @example Breathe out slowly here.
             */
            words: string;
        };
        /** @description A new client. */
        NewClientRequest: {
            /**
             * @description The client's name.
             * @example Mia Example
             */
            name: string;
        };
        /** @description A consent that was signed. */
        NewConsentRequest: {
            at?: components["schemas"]["Instant"] | null;
            /** @description The text that was signed. */
            form: components["schemas"]["FormId"];
            /** @description Who. */
            participant: components["schemas"]["ParticipantId"];
            /** @description For what; at least one. */
            purposes: components["schemas"]["Purpose"][];
            valid_until?: components["schemas"]["Instant"] | null;
        };
        /** @description A device that was added. */
        NewDeviceAnswer: {
            /** @description The device. */
            device: components["schemas"]["DeviceId"];
            /** @description What it sends as `Authorization: Bearer …`. */
            token: string;
        };
        /** @description A device of the caller's own. */
        NewDeviceRequest: {
            /** @description ECDH P-256, 65 bytes uncompressed, base64url. */
            exchange_key: components["schemas"]["Base64Url"];
            /**
             * @description What its person calls it.
             * @example Desk
             */
            name: string;
            /** @description ECDSA P-256, 65 bytes uncompressed, base64url. */
            signing_key: components["schemas"]["Base64Url"];
        };
        /** @description A form that was entered. */
        NewFormAnswer: {
            /** @description The form. */
            form: components["schemas"]["FormId"];
            /**
             * Format: int64
             * @description Counted from 1 in each practice.
             */
            version: number;
        };
        /** @description A version of a consent text. */
        NewFormRequest: {
            /**
             * @description The text, paragraph by paragraph.
             * @example [
             *       "Clips of our sessions may be shared with you."
             *     ]
             */
            paragraphs: string[];
        };
        /** @description A participant that was added. */
        NewParticipantAnswer: {
            /** @description The participant. */
            participant: components["schemas"]["ParticipantId"];
        };
        /** @description A new participant. */
        NewParticipantRequest: {
            client?: components["schemas"]["ClientId"] | null;
            /** @description Who they are to the therapy. */
            kind: components["schemas"]["ParticipantKind"];
            /**
             * @description Their name.
             * @example Mia Example
             */
            name: string;
            staff?: components["schemas"]["StaffId"] | null;
        };
        /** @description A recording that was entered. */
        NewRecordingAnswer: {
            /** @description The recording. */
            recording: components["schemas"]["RecordingId"];
        };
        /** @description A new recording. */
        NewRecordingRequest: {
            /** @description The client whose session it was. */
            client: components["schemas"]["ClientId"];
            /** @description Who is heard or seen. */
            participants: components["schemas"]["ParticipantId"][];
            /** @description When the session was. */
            recorded_at: components["schemas"]["Instant"];
        };
        /** @description One observation. */
        ObservationAnswer: {
            /** @description When it was written. */
            at: components["schemas"]["Instant"];
            /** @description What kind. */
            kind: components["schemas"]["ObservationKindBody"];
            /** @description Its key in the casebook. */
            observation: components["schemas"]["EntryId"];
            /** @description The private reason. */
            reason: string;
            /** @description Which releases it is about. */
            releases: components["schemas"]["ReleaseId"][];
        };
        /** @description What the therapist has observed. */
        ObservationBody: {
            kind: components["schemas"]["ObservationKindBody"];
            /**
             * @description The private reason.
             * @example She plays it every hour.
             */
            reason?: string;
        };
        /**
         * @description Kinds of observations.
         * @enum {string}
         */
        ObservationKindBody: "fixation" | "distress" | "other";
        /** @description An observation by itself. */
        ObservationRequest: {
            /** @description What was observed. */
            observation: components["schemas"]["ObservationBody"];
            /** @description Which releases it is about, if any: 64 at most. */
            releases?: components["schemas"]["ReleaseId"][];
        };
        /** @description What was observed of a client. */
        ObservationsAnswer: {
            /** @description Newest first. */
            observations: components["schemas"]["ObservationAnswer"][];
        };
        /** @description One of the client's phones. */
        OwnDevice: {
            /** @description Whether a therapist has seen its name; no clip before. */
            confirmed: boolean;
            /** @description The device. */
            device: components["schemas"]["DeviceId"];
            /** @description What its person calls it. */
            name: string;
            seen_at: components["schemas"]["Instant"] | null;
            /** @description Whether it is the one that asks. */
            this: boolean;
        };
        /** @description What a paired phone keeps. */
        PairAnswer: {
            /** @description The key to pin: it signs leases and denials. */
            authority: components["schemas"]["AuthorityJson"];
            /** @description Whose device it is. */
            client: components["schemas"]["ClientId"];
            /** @description Whom to call. */
            contact: components["schemas"]["ContactJson"];
            /** @description The device. */
            device: components["schemas"]["DeviceId"];
            /** @description The practice. */
            practice: components["schemas"]["PracticeId"];
            /** @description What to send as `Authorization: Bearer …`. */
            token: string;
        };
        /** @description A phone that wants to be paired. */
        PairRequest: {
            /**
             * @description The code as it was typed.
             * @example 4F7K-9QXM-2C8R
             */
            code: string;
            /** @description ECDH P-256, 65 bytes uncompressed, base64url. */
            exchange_key: components["schemas"]["Base64Url"];
            /**
             * @description What its person calls it.
             * @example Mia's phone
             */
            name: string;
            /** @description ECDSA P-256, 65 bytes uncompressed, base64url. */
            signing_key: components["schemas"]["Base64Url"];
        };
        /** @description What they have said last for one purpose. */
        PaperAnswer: {
            /** @description On which day they agreed. */
            agreed_on: string | null;
            /** @description On which day they changed their mind. */
            changed_on: string | null;
            form: components["schemas"]["FormId"] | null;
            /** @description For what. */
            purpose: components["schemas"]["Purpose"];
            /** @description The last day on which it counts, where it has one. */
            until: string | null;
        };
        /** @description Somebody on a recording. */
        ParticipantAnswer: {
            /** @description Who they are to the therapy. */
            kind: components["schemas"]["ParticipantKind"];
            /** @description Their name. */
            name: string;
            /** @description The participant. */
            participant: components["schemas"]["ParticipantId"];
        };
        /**
         * @description A participant's id.
         * @example part_019aa0b4c0de7000800000000000f00d
         */
        ParticipantId: string;
        /**
         * @description Who a participant is to the therapy.
         * @enum {string}
         */
        ParticipantKind: "client" | "partner" | "family_member" | "group_member" | "therapist";
        /** @description Plays by part of the client's day. Finer than this is not told. */
        PartsAnswer: {
            /**
             * Format: int64
             * @description From noon to six.
             */
            afternoon: number;
            /**
             * Format: int64
             * @description From six to midnight.
             */
            evening: number;
            /**
             * Format: int64
             * @description From five to noon.
             */
            morning: number;
            /**
             * Format: int64
             * @description From midnight to five.
             */
            night: number;
        };
        /** @description A piece that was cut from a session. */
        PieceAnswer: {
            /** @description On which day it was destroyed. */
            destroyed_on: string | null;
            /**
             * Format: int64
             * @description How long it lasts.
             */
            duration_ms: number;
            /** @description Whether it is on their shelf, and ends when they change their mind. */
            ends_with_them: boolean;
            /** @description On which day it was made. */
            made_on: string;
        };
        /** @description The practice as its people see it. */
        PracticeAnswer: {
            /** @description The key that signs leases and denials. */
            authority: components["schemas"]["AuthorityJson"];
            /** @description Whom to call. */
            contact: components["schemas"]["ContactJson"];
            /** @description Its name. */
            name: string;
            /** @description The practice. */
            practice: components["schemas"]["PracticeId"];
        };
        /**
         * @description A practice's id.
         * @example prac_019aa0b4c0de7000800000000000f00d
         */
        PracticeId: string;
        /** @description A problem document (RFC 9457). */
        ProblemBody: {
            /**
             * @description The stable code to decide by.
             * @example not_found
             */
            code: string;
            /** @description What was the matter this time. */
            detail: string;
            /** @description With `unseen`: the entries to show, and then to name as seen. */
            entries?: components["schemas"]["EntryId"][];
            /**
             * @description With `out_of_bounds`: the field whose value it is, where it is one of the body's.
             * @example expires_at
             */
            field?: string;
            /**
             * Format: int32
             * @description The HTTP status again.
             * @example 404
             */
            status: number;
            /** @description What this kind of problem is, in one sentence. */
            title: string;
            /**
             * @description `urn:refrain:problem:` and the code.
             * @example urn:refrain:problem:not_found
             */
            type: string;
        };
        /**
         * @description What a consent covers.
         * @enum {string}
         */
        Purpose: "record" | "release_to_client" | "review_together" | "share_practice_data" | "supervision" | "training" | "quality_review";
        /** @description By whom devices are woken. */
        PushKeyAnswer: {
            /** @description `applicationServerKey` for `pushManager.subscribe()`: P-256 public key, 65 bytes. */
            key: components["schemas"]["Base64Url"];
        };
        /** @description What a push is encrypted for. */
        PushKeys: {
            /** @description Shared secret, 16 bytes. */
            auth: components["schemas"]["Base64Url"];
            /** @description P-256 public key, 65 bytes. */
            p256dh: components["schemas"]["Base64Url"];
        };
        /** @description A push subscription, as a browser's `PushSubscription.toJSON()` gives it. */
        PushSubscriptionRequest: {
            /**
             * @description The push service's URL for this device: https, public.
             * @example https://push.example/send/3c1f
             */
            endpoint: string;
            /**
             * Format: double
             * @description Milliseconds since 1970, as browsers send it; the push service says itself when a subscription has ended.
             */
            expirationTime?: number | null;
            /** @description The device's keys. */
            keys: components["schemas"]["PushKeys"];
        };
        /** @description A time of day at which a clip rests: over midnight where `to` is before `from`. */
        QuietRange: {
            /**
             * @description `HH:MM`.
             * @example 22:30
             */
            from: string;
            /**
             * @description `HH:MM`, exclusive.
             * @example 06:00
             */
            to: string;
        };
        /** @description How it was, after a play. */
        RatingAnswer: {
            /** @description When. */
            at: components["schemas"]["Instant"];
            /** @description The release. */
            release: components["schemas"]["ReleaseId"];
            /**
             * Format: int32
             * @description From 0, worse, to 4, better.
             */
            value: number;
        };
        /** @description Letters that were read. */
        ReadingsRequest: {
            /** @description 1 to 100 of the client's letters, by their keys. */
            letters: components["schemas"]["EntryId"][];
        };
        /** @description Whether the server can decide. */
        ReadyAnswer: {
            /**
             * @description False after a restore whose ledger could not be proved: nothing plays until therapists confirm. False after a failover
             *     until every server has compared its ledger: until then no lease is given.
             */
            ledger_proved: boolean;
        };
        /**
         * @description What else keeps a release from playing.
         * @enum {string}
         */
        Reason: "ended" | "held" | "unconfirmed" | "consent_missing" | "consent_ended" | "clip_unavailable" | "device_unconfirmed" | "inactive" | "awaits_restore_confirmation";
        /** @description Which receipts were taken. */
        ReceiptsAnswer: {
            /**
             * Format: int64
             * @description The number of the last one: the device may forget it and those before.
             */
            taken_upto: number;
        };
        /** @description Receipts, oldest first. */
        ReceiptsRequest: {
            /** @description Signed receipts, deterministic CBOR, base64url. */
            receipts: components["schemas"]["Base64Url"][];
        };
        /** @description A recording as the care team sees it. */
        RecordingAnswer: {
            /** @description The client whose session it was. */
            client: components["schemas"]["ClientId"];
            /** @description Every consent given or withdrawn, oldest first. */
            consents: components["schemas"]["ConsentAnswer"][];
            /** @description Who is heard or seen. */
            participants: components["schemas"]["ParticipantAnswer"][];
            /** @description When the session was. */
            recorded_at: components["schemas"]["Instant"];
            /** @description The recording. */
            recording: components["schemas"]["RecordingId"];
        };
        /**
         * @description A recording's id.
         * @example rec_019aa0b4c0de7000800000000000f00d
         */
        RecordingId: string;
        /** @description The recordings of a client's sessions. */
        RecordingsAnswer: {
            /** @description Newest session first. */
            recordings: components["schemas"]["RecordingAnswer"][];
        };
        /** @description A release that was made. */
        ReleaseAnswer: {
            /** @description The release. */
            release: components["schemas"]["ReleaseId"];
        };
        /**
         * @description A release's id.
         * @example rel_019aa0b4c0de7000800000000000f00d
         */
        ReleaseId: string;
        /** @description A clip to be made available. */
        ReleaseRequest: {
            clip: components["schemas"]["ClipId"];
            /** @description Revocations and holds that the form showed. */
            seen?: components["schemas"]["EntryId"][];
            terms: components["schemas"]["TermsBody"];
            words?: components["schemas"]["WordsBody"] | null;
        };
        /** @description Everything that was released to a client. */
        ReleasesAnswer: {
            /** @description Oldest first; ended ones too. */
            releases: components["schemas"]["TruthAnswer"][];
        };
        /** @description One entry. */
        RestrictionBody: {
            /** @description Its deterministic CBOR, base64url: a hold, a revocation, or an amendment, which counts as far as it tightens; by this device. */
            bytes: components["schemas"]["Base64Url"];
            /** @description Its key in the orders. */
            id: components["schemas"]["EntryId"];
        };
        /** @description Restrictions that a console has written. */
        RestrictionsRequest: {
            /** @description Whose orders. */
            client: components["schemas"]["ClientId"];
            /** @description 1 to 64 entries. */
            entries: components["schemas"]["RestrictionBody"][];
        };
        /** @description What is taken back. */
        RevokeOnBody: {
            /** @description One release. */
            release: components["schemas"]["ReleaseId"];
        } | {
            /** @description Every release of a clip, to whomever. */
            clip: components["schemas"]["ClipId"];
        } | {
            /** @description Every release of every clip of a recording, to whomever. */
            recording: components["schemas"]["RecordingId"];
        } | "shelf";
        /** @description An end. */
        RevokeRequest: {
            observation?: components["schemas"]["ObservationBody"] | null;
            on: components["schemas"]["RevokeOnBody"];
        };
        /**
         * @description What a member of staff may do.
         * @enum {string}
         */
        Role: "therapist" | "supervisor" | "practice_admin";
        /** @description A practice's rotations. */
        RotationsAnswer: {
            /** @description Signed statements in their order, deterministic CBOR, base64url; 256 at most. */
            rotations: components["schemas"]["Base64Url"][];
        };
        /** @description A session that was recorded. */
        SessionAnswer: {
            /**
             * @description On which day it was.
             * @example 2026-11-16
             */
            day: string;
            /** @description What they have said last for each purpose. */
            papers: components["schemas"]["PaperAnswer"][];
            /** @description The pieces of it in which they are heard, or that were shared with them, oldest first. */
            pieces: components["schemas"]["PieceAnswer"][];
            /** @description Its recording. */
            recording: components["schemas"]["RecordingId"];
        };
        /** @description A client's own sessions and papers. Days are those of the practice's zone. */
        SessionsAnswer: {
            /** @description The texts that they have signed. */
            forms: components["schemas"]["FormAnswer"][];
            /** @description The sessions that they were in and that were recorded, newest first, 200 at most. */
            sessions: components["schemas"]["SessionAnswer"][];
        };
        /** @description Whether set-up waits for somebody. */
        SetUpAnswer: {
            /** @description Whether there is no practice yet, and a code that sets one up. */
            waits: boolean;
            /**
             * @description Where the practice's days begin, as the server is configured.
             * @example Europe/Berlin
             */
            zone: string;
        };
        /** @description What the therapist's authenticator is given. */
        SetUpPrepared: {
            /** @description An `otpauth://` address, shown once. */
            otpauth: string;
        };
        /** @description The proof that the authenticator has it. */
        SetUpProof: {
            /** @description The code that the server has printed. */
            code: string;
            /**
             * @description Six digits that the authenticator shows.
             * @example 123456
             */
            digits: string;
        };
        /** @description What a practice is set up with. */
        SetUpRequest: {
            /** @description The code that the server has printed. */
            code: string;
            /**
             * @description How clients reach it: a number or address.
             * @example +41 44 000 00 00
             */
            contact: string;
            /**
             * @description The local crisis number.
             * @example 143
             */
            crisis: string;
            /**
             * @description The address with which they sign in.
             * @example ada@practice.example
             */
            email: string;
            /**
             * @description The first therapist's name.
             * @example Ada Berg
             */
            name: string;
            /**
             * @description Their password.
             * @example correct horse battery
             */
            password: string;
            /**
             * @description The practice's name.
             * @example Practice at the Lake
             */
            practice: string;
        };
        /** @description An open session. */
        SignInAnswer: {
            /** @description When the session ends by itself. */
            expires_at: components["schemas"]["Instant"];
            /** @description Their name. */
            name: string;
            /** @description Their practice. */
            practice: components["schemas"]["PracticeId"];
            /** @description What they may do. */
            role: components["schemas"]["Role"];
            /** @description Who it is. */
            staff: components["schemas"]["StaffId"];
            /** @description What to send as `Authorization: Bearer …`. */
            token: string;
        };
        /** @description Who signs in, and what proves it. */
        SignInRequest: {
            /**
             * @description Six digits of the authenticator app.
             * @example 123456
             */
            code: string;
            /**
             * @description The e-mail address.
             * @example ada@practice.example
             */
            email: string;
            /**
             * @description The password.
             * @example correct horse battery
             */
            password: string;
        };
        /**
         * @description The id of a member of staff.
         * @example staff_019aa0b4c0de7000800000000000f00d
         */
        StaffId: string;
        /**
         * @description Where a release stands.
         * @enum {string}
         */
        Standing: "live" | "later" | "held" | "unconfirmed" | "expired" | "revoked";
        /** @description Terms of a release. */
        TermsBody: {
            /**
             * Format: int32
             * @description Plays a day, on each device while it is offline.
             */
            daily_limit?: number | null;
            /** @description The first instant at which it no longer plays. */
            expires_at: components["schemas"]["Instant"];
            not_before?: components["schemas"]["Instant"] | null;
            /**
             * Format: int32
             * @description How long it plays without contact, in hours; 72 when it is not said.
             */
            offline_hours?: number | null;
            /**
             * Format: int32
             * @description How often a day it is meant to be practised.
             */
            planned_daily?: number | null;
            /** @description When it rests, in the client's local time. */
            quiet_hours?: components["schemas"]["QuietRange"][];
        };
        /** @description Changes to terms: what is missing stays, what is `null` is lifted. */
        TermsChangeBody: {
            /** Format: int32 */
            daily_limit?: number | null;
            expires_at?: components["schemas"]["Instant"] | null;
            not_before?: components["schemas"]["Instant"] | null;
            /** Format: int32 */
            offline_hours?: number | null;
            /** Format: int32 */
            planned_daily?: number | null;
            quiet_hours?: components["schemas"]["QuietRange"][] | null;
        };
        /** @description A ticket for one socket. */
        TicketAnswer: {
            /** @description When it stops. */
            expires_at: components["schemas"]["Instant"];
            /** @description What stands in the path: `GET /v1/sync/{ticket}`. */
            ticket: string;
        };
        /** @description One release. */
        TruthAnswer: {
            /** @description Its clip. */
            clip: components["schemas"]["ClipId"];
            dark_by: components["schemas"]["Instant"] | null;
            /** @description What each device is known to have. */
            devices: components["schemas"]["DeviceTruthAnswer"][];
            /** @description Its own entry and amendments: what an amendment names in `over`. */
            entries: components["schemas"]["EntryId"][];
            /** @description What a lift may name. */
            holds: components["schemas"]["EntryId"][];
            /** @description The release. */
            release: components["schemas"]["ReleaseId"];
            /** @description Where it stands. */
            standing: components["schemas"]["Standing"];
            terms: components["schemas"]["TermsBody"] | null;
            /** @description What a confirmation names in `seen`. */
            unseen: components["schemas"]["EntryId"][];
            waits_for: components["schemas"]["Reason"] | null;
        };
        /** @description How far an upload has come. */
        UploadAnswer: {
            /**
             * Format: int64
             * @description How many there will be.
             */
            len: number;
            /**
             * Format: int64
             * @description How many bytes are here: where the next piece begins.
             */
            offset: number;
        };
        /** @description An upload that has begun. */
        UploadBegun: {
            /**
             * Format: int64
             * @description How long each piece is, but for the last.
             */
            piece_len: number;
            /** @description The upload. */
            upload: components["schemas"]["UploadId"];
        };
        /**
         * @description An upload's id.
         * @example up_019aa0b4c0de7000800000000000f00d
         */
        UploadId: string;
        /** @description A clip that is to come. */
        UploadRequest: {
            /** @description Who of the recording's participants is heard or seen in it. */
            heard: components["schemas"]["ParticipantId"][];
            /**
             * Format: int64
             * @description How long it is, in bytes.
             * @example 48211
             */
            len: number;
            /** @description SHA-256 of the whole, base64url. */
            sha256: components["schemas"]["Base64Url"];
            /**
             * @description The clip's title, 1 to 200 characters.
             * @example Breathing
             */
            title: string;
        };
        /**
         * @description How urgent a duty is.
         * @enum {string}
         */
        Urgency: "now" | "high" | "normal" | "low";
        /** @description What waits. */
        WhatAnswer: {
            /** @enum {string} */
            kind: "confirm_restore";
            /** @description Since when. */
            since: components["schemas"]["Instant"];
        } | {
            /** @description Whose. */
            client: components["schemas"]["ClientId"];
            /** @enum {string} */
            kind: "confirm_release";
            /** @description Which. */
            release: components["schemas"]["ReleaseId"];
            /** @description What the confirmation must name in `seen`. */
            seen: components["schemas"]["EntryId"][];
        } | {
            /** @description Whose. */
            client: components["schemas"]["ClientId"];
            /** @description In which clip. */
            clip: components["schemas"]["ClipId"];
            /** @enum {string} */
            kind: "ask_consent";
            /** @description Which. */
            release: components["schemas"]["ReleaseId"];
        } | {
            /** @description From whom. */
            client: components["schemas"]["ClientId"];
            /** @enum {string} */
            kind: "read_letter";
            /** @description Its key in the journal. */
            letter: components["schemas"]["EntryId"];
            /** @description When the server received it. */
            received_at: components["schemas"]["Instant"];
            release: components["schemas"]["ReleaseId"] | null;
            says: components["schemas"]["LetterKind"] | null;
        } | {
            /** @description Whose. */
            client: components["schemas"]["ClientId"];
            /** @description Which. */
            device: components["schemas"]["DeviceId"];
            /** @enum {string} */
            kind: "confirm_device";
            /** @description When it was paired. */
            paired_at: components["schemas"]["Instant"];
        } | {
            /** @description Whose. */
            client: components["schemas"]["ClientId"];
            /** @description It cannot play from here on. */
            dark_by: components["schemas"]["Instant"];
            /** @description Which device. */
            device: components["schemas"]["DeviceId"];
            /** @enum {string} */
            kind: "await_wipe";
            /** @description Of which release. */
            release: components["schemas"]["ReleaseId"];
        };
        /** @description A withdrawal. */
        WithdrawalRequest: {
            /** @description Who. */
            participant: components["schemas"]["ParticipantId"];
            /** @description For what; none means everything. */
            purposes?: components["schemas"]["Purpose"][];
        };
        /** @description The words that go with a release. */
        WordsBody: {
            /** @description Words at points of the clip. */
            marks?: components["schemas"]["MarkBody"][];
            /** @description A note to the client. */
            note?: string | null;
            /**
             * @description What the clip leaves when it ends.
             * @example You know how it goes by now.
             */
            parting_note: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
