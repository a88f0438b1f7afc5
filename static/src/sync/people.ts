/** What the server tells about accounts; `app/auth/people.py` has the meaning of each field. Times in ms. */
export interface NewAccount {
  readonly name: string;
  /** The id within the authority; the server puts the authority before it. */
  readonly id: string;
  readonly authority: string;
}

export interface SetupChoices {
  readonly authorities: readonly { readonly id: string; readonly sv: string; readonly en: string }[];
}

export interface SignIn {
  readonly device: string;
  readonly label: string;
  readonly since: number;
  readonly seen: number;
}

export interface OwnSessions {
  readonly sessions: readonly SignIn[];
  /** The device that asks. */
  readonly here: string;
}

export interface Account {
  readonly id: string;
  readonly name: string;
  readonly authority: string;
  readonly role: string;
  readonly active: boolean;
  readonly seen: number | null;
  /** Until when a link is open. */
  readonly invited: number | null;
  readonly sessions: readonly SignIn[];
  /** What the caller may do to it: the server decides. */
  readonly may: readonly string[];
}

/** A tablet as its administrator sees it: how much it holds, never what. `oldest` in seconds, `free` in bytes. */
export interface KeptTablet {
  readonly id: string;
  readonly label: string;
  readonly user: string;
  /** Of whoever used it last. */
  readonly name: string;
  readonly authority: string;
  readonly app: string | null;
  readonly seen: number;
  readonly pending_changes: number;
  readonly pending_blobs: number;
  readonly oldest: number | null;
  readonly free: number | null;
  /** Since when it may only deliver. */
  readonly blocked: number | null;
  readonly lost?: { readonly at: number; readonly changes: number; readonly blobs: number };
  readonly may: readonly string[];
}

export interface ActRow {
  readonly id: string;
  readonly at: number;
  readonly act: string;
  readonly user: string;
  readonly name: string;
  readonly authority: string;
  readonly detail: string | null;
  readonly by: string | null;
  readonly by_name: string | null;
}

export interface PeopleAnswer {
  readonly people: readonly Account[];
  readonly tablets: readonly KeptTablet[];
  readonly acts: readonly ActRow[];
  /** The roles that may be given, by authority. */
  readonly choices: Readonly<Record<string, readonly string[]>>;
}

export interface Invitation {
  readonly user: string;
  readonly name: string;
  readonly expires: number;
  readonly link: string;
  readonly qr: { readonly size: number; readonly path: string };
}
