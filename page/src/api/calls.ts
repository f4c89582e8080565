import { request, requestJson, sendJson } from "./request";
import type {
  ClipFormat,
  ExampleSet,
  Label,
  LibraryMap,
  Neighbours,
  RecordingDetails,
  Recordings,
  SearchResult,
  Span,
  Status,
} from "./types";

export const getStatus = (): Promise<Status> => requestJson("/api/status");

export const getLabels = async (): Promise<Label[]> => (await requestJson<{ labels: Label[] }>("/api/labels")).labels;

export const search = (form: FormData, signal: AbortSignal): Promise<SearchResult> =>
  requestJson("/api/search", { method: "POST", body: form, signal });

export const getRecordings = (
  asked: { text: string; limit: number; offset: number },
  signal?: AbortSignal,
): Promise<Recordings> => requestJson(`/api/recordings?${parameters(asked)}`, signal ? { signal } : {});

export const getRecording = (id: string): Promise<RecordingDetails> => requestJson(recordingAddress(id));

export const getWindows = async (id: string): Promise<{ start_s: number; end_s: number }[]> =>
  (await requestJson<{ windows: { start_s: number; end_s: number }[] }>(`${recordingAddress(id)}/windows`)).windows;

export const getNeighbours = (
  id: string,
  asked: { k: number; start_s: number; end_s: number },
  signal: AbortSignal,
): Promise<Neighbours> => requestJson(`${recordingAddress(id)}/neighbours?${parameters(asked)}`, { signal });

export const getMap = (): Promise<LibraryMap> => requestJson("/api/map");

export const startMap = async (): Promise<void> => {
  await request("/api/map", { method: "POST" });
};

export const getSets = async (): Promise<{ name: string; examples: number }[]> =>
  (await requestJson<{ sets: { name: string; examples: number }[] }>("/api/sets")).sets;

export const getSet = (name: string): Promise<ExampleSet> => requestJson(setAddress(name));

export const putSet = async (set: ExampleSet): Promise<void> => {
  await request(setAddress(set.name), sendJson("PUT", set));
};

export const deleteSet = async (name: string): Promise<void> => {
  await request(setAddress(name), { method: "DELETE" });
};

export const manifestAddress = (name: string): string => `${setAddress(name)}/manifest`;

/** The file that `search --format` would print for these stretches. */
export const exportClips = async (hits: Span[], format: ClipFormat): Promise<Blob> => {
  const spans = hits.map(({ recording_id, start_s, end_s }) => ({ recording_id, start_s, end_s }));
  return (await request("/api/clips", sendJson("POST", { hits: spans, format }))).blob();
};

/** A WAV of a file that this browser cannot decode. */
export const preview = async (file: Blob, name: string): Promise<Blob> => {
  const form = new FormData();
  form.append("file", file, name);
  return (await request("/api/preview", { method: "POST", body: form })).blob();
};

export const logIn = async (token: string): Promise<void> => {
  await request("/api/session", sendJson("POST", { token }));
};

/** Where the sound of a stretch is to be had. */
export const audioAddress = (span: Span): string =>
  `${recordingAddress(span.recording_id)}/audio?${parameters({ start_s: span.start_s, end_s: span.end_s })}`;

/** Where the sound of a whole recording is to be had. */
export const wholeAudioAddress = (id: string): string => `${recordingAddress(id)}/audio`;

/** Where a picture of a stretch is to be had, of so many pixels. */
export const spectrogramAddress = (span: Span, width: number, height: number): string =>
  `${recordingAddress(span.recording_id)}/spectrogram?` +
  parameters({ start_s: span.start_s, end_s: span.end_s, width, height });

const recordingAddress = (id: string): string => `/api/recordings/${encodeURIComponent(id)}`;

const setAddress = (name: string): string => `/api/sets/${encodeURIComponent(name)}`;

function parameters(values: Record<string, string | number>): string {
  return new URLSearchParams(Object.entries(values).map(([name, value]) => [name, String(value)])).toString();
}
