import { unbase64url } from "../domain/bytes";
import { publicKey, verify } from "../domain/commit";
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
  return answer.results.flatMap((result) => {
    const proof = signed.get(result.hash);
    return proof && isProofOf(proof, result) ? [{ ...result, seq: proof.seq, received: proof.received }] : [];
  });
}

function isProofOf(proof: Receipted, result: PushResult): boolean {
  return proof.actor === result.actor && proof.stream === result.stream && proof.n === result.n;
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
