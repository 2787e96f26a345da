// What the server answers, by the console's names. The shapes are written from docs/openapi.json.

import type { components } from "#api";

type Schemas = components["schemas"];

export type SignedIn = Schemas["SignInAnswer"];
export type Practice = Schemas["PracticeAnswer"];
export type Client = Schemas["ClientAnswer"];

export type ParticipantKind = Schemas["ParticipantKind"];
export type Participant = Schemas["ParticipantAnswer"];
export type Purpose = Schemas["Purpose"];
export type ConsentEvent = Schemas["ConsentAnswer"];
export type Recording = Schemas["RecordingAnswer"];
export type Form = Schemas["FormAnswer"];
export type Clip = Schemas["ClipAnswer"];

export type QuietRange = Schemas["QuietRange"];
export type Terms = Schemas["TermsBody"];
export type Mark = Schemas["MarkBody"];
export type ReleaseWords = Schemas["WordsBody"];

export type Known = Schemas["Known"];
export type DeviceTruth = Schemas["DeviceTruthAnswer"];
export type Standing = Schemas["Standing"];
export type Release = Schemas["TruthAnswer"];

export type Device = Schemas["DeviceAnswer"];
export type Invitation = Schemas["InvitationAnswer"];

export type Letter = Schemas["LetterAnswer"];
export type ObservationKind = Schemas["ObservationKindBody"];
export type Observation = Schemas["ObservationAnswer"];
export type Parts = Schemas["PartsAnswer"];
export type Listening = Schemas["ListeningAnswer"];
export type Sign = Schemas["SignAnswer"];

export type Urgency = Schemas["Urgency"];
export type Duty = Schemas["DutyAnswer"];
export type Ending = Schemas["EndingAnswer"];
