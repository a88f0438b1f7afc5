import { unbase64url } from "../domain/bytes";
import { hashOf, publicKey, verify } from "../domain/commit";
import { canonical, type Json } from "../domain/json";
import { readMeta } from "../store/transaction";
import type { Sync } from "./context";
import type { PushAnswer, PushResult, Receipted } from "./protocol";

/**
 * The results of a push that the server has signed with the key pinned at the first hello: nothing else counts as
 * received. Null where the receipt does not verify.
 */
export async function receiptedResults({ tablet }: Sync, answer: PushAnswer): Promise<PushResult[] | null> {
  const server = await readMeta(tablet.db, "server");
  const payload = server ? await openReceipt(answer.receipt, server.key) : null;
  if (!payload || payload.epoch !== answer.epoch) return null;
  const signed = new Map(payload.results.map((r) => [r.hash, r]));
  return answer.results.filter((result) => isProofOf(signed.get(result.hash), result));
}

/** Every field is signed, the verdicts on the changes by their hash: what differs anywhere is not what the server said. */
function isProofOf(proof: Receipted | undefined, result: PushResult): boolean {
  const names = ["actor", "stream", "n", "hash", "seq", "received", "forked"] as const;
  return (
    proof !== undefined &&
    names.every((name) => proof[name] === result[name]) &&
    proof.changes === hashOf(canonical(result.changes as unknown as Json))
  );
}

interface Payload {
  readonly epoch: string;
  readonly results: readonly Receipted[];
}

/** The payload of a compact JWS (ES256) if it verifies. The algorithm is ours to say, not the token's. */
async function openReceipt(receipt: string, key: string): Promise<Payload | null> {
  const [header, payload, signature, ...rest] = receipt.split(".");
  if (!header || !payload || !signature || rest.length > 0) return null;
  if (!(await verify(await publicKey(key), signature, `${header}.${payload}`))) return null;
  return JSON.parse(new TextDecoder().decode(unbase64url(payload))) as Payload;
}
