"""The planted bugs. Each old text stands exactly once in its file; `tests/simulation/test_mutants.py` holds it to that."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A bug as somebody might write it: in `file`, `new` in place of `old`. `kills` is what is expected to notice."""

    name: str
    file: str
    old: str
    new: str
    why: str
    kills: str
    budget: int = 300


SERVER = (
    Mutant(
        "no de-duplication",
        "app/domain/merge.py",
        "    if first is not None:\n",
        "    if False:\n",
        "a change that comes again counts again",
        "I2 I4",
    ),
    Mutant(
        "last write wins",
        "app/domain/merge.py",
        "    kept = _drop(heads, retired, change) if change.replaces else list(heads)",
        "    kept = []",
        "what somebody else recorded is gone without a word",
        "I4",
    ),
    Mutant(
        "dead changes are added",
        "app/domain/merge.py",
        "    if is_dead:\n        retired[key]",
        "    if False:\n        retired[key]",
        "an answer that was replaced before it arrived comes back",
        "I4",
    ),
    Mutant(
        "dead changes replace nothing",
        "app/domain/merge.py",
        "    kept = _drop(heads, retired, change) if change.replaces else list(heads)",
        "    kept = list(heads) if is_dead or not change.replaces else _drop(heads, retired, change)",
        "what a late change replaces lives on beside what replaced both",
        "I4",
    ),
    Mutant(
        "retired without the cell",
        "app/domain/merge.py",
        "        retired.setdefault((change.e, change.f, r), None)",
        '        retired.setdefault(("", "", r), None)',
        "what is replaced before it arrives is not known to be dead",
        "I4",
    ),
    Mutant(
        "smaller ids replace",
        "app/domain/merge.py",
        "    dropped = {r for r in change.replaces if r < change.id}",
        "    dropped = set(change.replaces)",
        "a cycle leaves a cell without a value",
        "I4 I14",
    ),
    Mutant(
        "a duplicate without its result",
        "app/sync/push.py",
        "            return known\n        fault",
        '            return known | {"seq": None}\n        fault',
        "who lost the answer never learns where the commit stands",
        "I8",
    ),
    Mutant(
        "seq without the stream's row",
        "app/sync/log.py",
        "    stream.head += 1\n",
        "    stream.head += 1 + (stream.head % 7 == 6)\n",
        "the log has holes",
        "I3",
    ),
    Mutant(
        "the chain forgets what came before",
        "app/sync/log.py",
        "next_chain(stream.chain, r)",
        "next_chain(bytes(32), r)",
        "a rolled-back log cannot be told from a good one",
        "I3",
    ),
    Mutant(
        "a fork is not marked",
        "app/sync/push.py",
        "        is_fork = envelope.prev != chain.head\n",
        "        is_fork = False\n",
        "a cloned tablet goes on under one key with its twin",
        "I11 or the coverage of forks",
    ),
    Mutant(
        "a gap is accepted",
        "app/sync/push.py",
        '        return Fault(\n            commit.line, "chain-gap"',
        '        return None\n        return Fault(\n            commit.line, "chain-gap"',
        "a commit that was lost is never asked for again",
        "I1",
    ),
    Mutant(
        "signatures are not checked",
        "app/domain/commit.py",
        "        and verify(key, envelope.s, envelope.h.encode())\n",
        "",
        "anybody writes in anybody's name",
        "I10",
    ),
    Mutant(
        "bodies are not checked",
        "app/domain/commit.py",
        "        envelope.body == sha256(envelope.b)\n        and envelope.b",
        "        envelope.b",
        "what was signed is not what is kept",
        "I10",
    ),
    Mutant(
        "revoked people still write",
        "app/sync/gate.py",
        "        return decision.reason if isinstance(decision, permissions.Deny) else None",
        "        return None",
        "a lost tablet goes on recording",
        "I9: who writes without a part is not held",
    ),
    Mutant(
        "anybody reads",
        "app/sync/service.py",
        "            return pull.stream_states(conn, [name for name in names if name in allowed])",
        "            return pull.stream_states(conn, list(names) if allowed else [])",
        "one authority reads another's own stream",
        "I9",
    ),
    Mutant(
        "pokes for all",
        "app/sync/router.py",
        "                if (caller.user, name) in readers or name == DEVICES:",
        "                if name:",
        "that an authority is at work is told to the others",
        "I9",
    ),
    Mutant(
        "synchronous NORMAL",
        "app/database.py",
        '"synchronous=FULL"',
        '"synchronous=NORMAL"',
        "the power goes and takes what was acknowledged",
        "I1 I8",
    ),
    Mutant(
        "a failed COMMIT is acknowledged",
        "app/database.py",
        "                if not future.done():\n"
        "                    future.set_exception(error)\n"
        "            return\n",
        "                if not done and not future.done():\n"
        "                    future.set_exception(error)\n"
        "            if not done:\n"
        "                return\n",
        "a full disk at COMMIT takes what was acknowledged",
        "I1 I8",
    ),
    Mutant(
        "one failure is committed in part",
        "app/database.py",
        "        if is_alone:\n            raise\n",
        "        if is_alone and False:\n            raise\n",
        "half of a push that failed stays in the store",
        "I3 I4 I10",
    ),
    Mutant(
        "snapshots by number alone",
        "app/sync/pull.py",
        '        return self._folder / name / f"{seq}-{chain[:16]}{ENDING}"',
        '        return self._folder / name / f"{seq}-{ENDING}"',
        "after a rollback tablets are given another past",
        "I4",
    ),
)

CLIENT = (
    Mutant(
        "replaces from the replica",
        "static/src/store/save.ts",
        "  const ids = new Set([...seen, ...entered]",
        "  const ids = new Set([...seen, ...heads]",
        "an answer overwrites what its author never saw",
        "I5",
    ),
    Mutant(
        "pruned when acknowledged",
        "static/src/sync/prune.ts",
        "if (!row.result || row.pruned || !memory.isBackedUp(row)) return false;",
        "if (!row.result || row.pruned) return false;",
        "a restored server never gets back what came after its backup",
        "I1",
    ),
    Mutant(
        "the cursor before the data",
        "static/src/sync/pull.ts",
        '  const done = await loosely(db, ["streams", "replica", "commits"], async (tx) => {',
        '  await loosely(db, ["streams"], (tx) => tx.objectStore("streams").put(stream));\n'
        "  from = stream;\n"
        '  const done = await loosely(db, ["streams", "replica", "commits"], async (tx) => {',
        "a kill in between leaves a hole that nobody sees",
        "I4",
    ),
    Mutant(
        "a grant skips history",
        "static/src/sync/hello.ts",
        "  if (!known) return { stream, role, head, cursor: 0, chain: FIRST_CHAIN, reset: head > 0 };",
        "  if (!known) return { stream, role, head, cursor: head, chain: told.chain, reset: false };",
        "who is granted a stream later never gets what was in it",
        "I4",
    ),
    Mutant(
        "a recount in two commits",
        "static/src/state/recording.ts",
        "  return running().save(() => ({ writes, whole: true }));",
        "  return running().save(() => ({ writes }));",
        "half a recount is a wrong total",
        "I7",
        2_000,
    ),
    Mutant(
        "results without a receipt",
        "static/src/sync/receipt.ts",
        "  if (!(await verify(await publicKey(key), signature, `${header}.${payload}`))) return null;\n",
        "",
        "whatever answers is believed",
        "I1 I8",
    ),
    Mutant(
        "a tally per user",
        "static/src/domain/tally.ts",
        "    return head !== undefined && mine(head[2]) && entryOf(head)?.unit === key.unit;",
        "    return head !== undefined && entryOf(head)?.unit === key.unit;",
        "two people who count at once count as one",
        "I2",
    ),
    Mutant(
        "a revoked replica is kept",
        "static/src/sync/hello.ts",
        "  if (gone.length > 0) await purgeStreams(sync.tablet, gone);\n",
        "",
        "who has left goes on reading",
        "I9",
    ),
    Mutant(
        "a revocation drops the outbox",
        "static/src/store/purge.ts",
        '      await tx.objectStore("streams").delete(stream);\n',
        '      await tx.objectStore("streams").delete(stream);\n'
        '      for (const row of await tx.objectStore("unsealed").getAll())\n'
        '        if (row.stream === stream) await tx.objectStore("unsealed").delete(row.change.id);\n',
        "what was recorded before the part ended is lost",
        "I1",
    ),
    Mutant(
        "saved before it is on disk",
        "static/src/store/save.ts",
        "  return strictly(db, stores, async (tx) => {\n    const meta",
        "  return loosely(db, stores, async (tx) => {\n    const meta",
        "a power cut takes what the screen called saved",
        "I1",
    ),
    Mutant(
        "sealed twice",
        "static/src/sync/seal.ts",
        "    await Promise.all(rows.map((r) => unsealed.delete(r.change.id)));\n",
        "",
        "what was recorded once is sent again and again",
        "I11",
    ),
    Mutant(
        "a new epoch is ignored",
        "static/src/sync/hello.ts",
        "  const isNewEpoch = epoch !== undefined && epoch !== hello.epoch;",
        "  const isNewEpoch = false;",
        "a restored server's log is taken for the old one",
        "I1 I4",
        1_000,
    ),
    Mutant(
        "a lost commit is not sent again",
        "static/src/sync/hello.ts",
        "  const lost = lostCommits(sync, hello);",
        "  const lost = new Set<string>();",
        "what a silent rollback took from the server stays lost",
        "I1",
        1_000,
    ),
    Mutant(
        "a page is not checked",
        "static/src/sync/page.ts",
        "  return isDense && isWhole &&",
        "  return true || isDense && isWhole &&",
        "a page that was spoiled on its way is believed",
        "I4",
        1_000,
    ),
    Mutant(
        "a clone keeps its key",
        "static/src/sync/push.ts",
        "    await retireActor(sync.tablet, actor);",
        "    void actor;",
        "two tablets go on under one key, each forking the other for ever",
        "I11",
        1_000,
    ),
)

CATALOGUE: tuple[Mutant, ...] = tuple(m for m in (*SERVER, *CLIENT) if m.old != m.new)
