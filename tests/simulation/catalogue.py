"""The planted bugs. Each old text stands exactly once in its file; `tests/simulation/test_mutants.py` holds it to that."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A bug as somebody might write it: in `file`, `new` in place of `old`. `kills` are the invariants and `scene` the
    directed scenario expected to notice; all others follow, and `budget` seeds."""

    name: str
    file: str
    old: str
    new: str
    why: str
    kills: str
    scene: str = ""
    budget: int = 40


SERVER = (
    Mutant(
        "no de-duplication",
        "app/domain/merge.py",
        "    if first is not None:\n",
        "    if False:\n",
        "a change that comes again counts again",
        "I2 I4",
        "taken, and sent again in other commits",
    ),
    Mutant(
        "last write wins",
        "app/domain/merge.py",
        "    kept = _drop(heads, retired, change) if change.replaces else list(heads)",
        "    kept = []",
        "what somebody else recorded is gone without a word",
        "I4",
        "two answer at once",
    ),
    Mutant(
        "dead changes are added",
        "app/domain/merge.py",
        "    if is_dead:\n        retired[key]",
        "    if False:\n        retired[key]",
        "an answer that was replaced before it arrived comes back",
        "I4",
        "replaced before it is back",
    ),
    Mutant(
        "dead changes replace nothing",
        "app/domain/merge.py",
        "    kept = _drop(heads, retired, change) if change.replaces else list(heads)",
        "    kept = list(heads) if is_dead or not change.replaces else _drop(heads, retired, change)",
        "what a late change replaces lives on beside what replaced both",
        "I4",
        "replaced before it is back",
    ),
    Mutant(
        "retired without the cell",
        "app/domain/merge.py",
        "        retired.setdefault((change.e, change.f, r), None)",
        '        retired.setdefault(("", "", r), None)',
        "what is replaced before it arrives is not known to be dead",
        "I4",
        "replaced before it is back",
    ),
    Mutant(
        "smaller ids replace",
        "app/domain/merge.py",
        "    dropped = {r for r in change.replaces if r < change.id}",
        "    dropped = set(change.replaces)",
        "a cycle leaves a cell without a value",
        "I4 I14",
        "everything a hostile tablet knows",
    ),
    Mutant(
        "a duplicate without its result",
        "app/sync/push.py",
        "            return known\n        fault",
        '            return known | {"seq": None}\n        fault',
        "who lost the answer never learns where the commit stands",
        "I8",
        "the answer to a push is lost",
    ),
    Mutant(
        "seq without lock",
        "app/sync/log.py",
        "    stream.head += 1\n",
        '    drawn = append.__dict__.setdefault("drawn", {})\n'
        "    stream.head = drawn[stream.name] = max(drawn.get(stream.name, 0), stream.head) + 1\n",
        "a number that is drawn outside the transaction is missing where that fails: the log has holes",
        "I3",
        "the server dies before COMMIT",
    ),
    Mutant(
        "the chain forgets what came before",
        "app/sync/log.py",
        "next_chain(stream.chain, r)",
        "next_chain(bytes(32), r)",
        "a rolled-back log cannot be told from a good one",
        "I3",
        "two answer at once",
    ),
    Mutant(
        "a fork is not marked",
        "app/sync/push.py",
        "        is_fork = envelope.prev != chain.head\n",
        "        is_fork = False\n",
        "a cloned tablet goes on under one key with its twin",
        "I11 or the coverage of forks",
        "a clone, and both live",
    ),
    Mutant(
        "a gap is accepted",
        "app/sync/push.py",
        '        return Fault(\n            commit.line, "chain-gap"',
        '        return None\n        return Fault(\n            commit.line, "chain-gap"',
        "a commit that was lost is never asked for again",
        "I10",
        "everything a hostile tablet knows",
    ),
    Mutant(
        "signatures are not checked",
        "app/domain/commit.py",
        "        and verify(key, envelope.s, envelope.h.encode())\n",
        "",
        "anybody writes in anybody's name",
        "I10",
        "everything a hostile tablet knows",
    ),
    Mutant(
        "bodies are not checked",
        "app/domain/commit.py",
        "        envelope.body == sha256(envelope.b)\n        and envelope.b",
        "        envelope.b",
        "what was signed is not what is kept",
        "I10",
        "everything a hostile tablet knows",
    ),
    Mutant(
        "revoked people still write",
        "app/sync/gate.py",
        "        return decision.reason if isinstance(decision, permissions.Deny) else None",
        "        return None",
        "a lost tablet goes on recording",
        "I9: who writes without a part is not held",
        "revoked in mid-push",
    ),
    Mutant(
        "anybody reads",
        "app/sync/service.py",
        "        if not parts.keys() >= set(names):\n            raise NotFound\n"
        "        return {name: parts[name].state for name in names}",
        "        return await self.db.read(lambda conn: pull.stream_states(conn, list(names))) if parts else {}",
        "one authority reads another's own stream",
        "I9",
        "everything a hostile tablet knows",
    ),
    Mutant(
        "pokes for all",
        "app/sync/router.py",
        "                if (caller.user, name) in readers or name == DEVICES:",
        "                if name:",
        "that an authority is at work is told to the others",
        "I9",
        "everything a hostile tablet knows",
    ),
    Mutant(
        "synchronous NORMAL",
        "app/database.py",
        '"synchronous=FULL"',
        '"synchronous=NORMAL"',
        "the power goes and takes what was acknowledged",
        "I1 I8",
        "the power fails at the server",
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
        "the disk is full at COMMIT",
    ),
    Mutant(
        "one failure is committed in part",
        "app/database.py",
        "        if is_alone:\n            raise\n",
        "        if is_alone and False:\n            raise\n",
        "half of a push that failed stays in the store",
        "I3 I4 I10",
        "the disk is full in the middle of a push",
    ),
    Mutant(
        "snapshots by number alone",
        "app/sync/pull.py",
        '        return self._folder / name / f"{seq}-{chain[:16]}{ENDING}"',
        '        return self._folder / name / f"{seq}-{ENDING}"',
        "after a rollback tablets are given another past",
        "I4",
        "another past under the same number",
    ),
    Mutant(
        "cell binding dropped",
        "app/domain/merge.py",
        "        cells[change.f] = [[change.id, change.v, actor, change.at, t, seq]]\n",
        "        if any(named == change.id for _, _, named in retired):\n"
        '            return "dead"\n'
        "        cells[change.f] = [[change.id, change.v, actor, change.at, t, seq]]\n",
        "a name in one cell takes away what was recorded in another",
        "I4 I14",
        "a name from another cell",
    ),
    Mutant(
        "an admission is applied twice",
        "app/sync/push.py",
        '            held.settle("admitted", verdict)\n            if outcome == "duplicate":\n                continue\n',
        "",
        "two who let in the same change bring it into the log twice",
        "I2",
        "held, and two let it in",
    ),
    Mutant(
        "what was let in stays on the desk",
        "app/sync/push.py",
        '            held.settle("admitted", verdict)\n',
        "",
        "a decision is asked for again and again",
        "I8",
        "held, and two let it in",
    ),
    Mutant(
        "what was turned down is merged",
        "app/domain/admission.py",
        '    return "admitted" if verdict.admit else "denied"',
        '    return "admitted"',
        "a person said no, and it stands there all the same",
        "I8",
        "held, and turned down",
    ),
    Mutant(
        "two eyes are enough",
        "app/domain/permissions.py",
        "    if is_own or kind in _DECIDED:",
        "    if kind in _DECIDED:",
        "who was held lets in what they wrote themselves",
        "I8",
        "nobody lets in their own",
    ),
    Mutant(
        "an approval does not hold",
        "app/sync/gate.py",
        "        if change.id not in self.amendments and change.id not in self.stale:\n",
        "        if change.id not in self.stale:\n",
        "a visit changes after its leader has signed it off",
        "I13",
        "an approved visit stays as it was",
    ),
    Mutant(
        "an approval is believed where the log is long enough",
        "app/sync/approval.py",
        'if hash_of(world, c.e) != said["hash"]]',
        'if said["seq"] > stream.head]',
        "after a restore a visit stands as approved that nobody saw like that",
        "I13",
        "an approval comes back to a restored server",
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
        "written on an old screen",
    ),
    Mutant(
        "pruned when acknowledged",
        "static/src/sync/prune.ts",
        "if (!row.result || row.pruned || !memory.isBackedUp(row)) return false;",
        "if (!row.result || row.pruned) return false;",
        "a restored server never gets back what came after its backup",
        "I1",
        "restored twice",
    ),
    Mutant(
        "the cursor before the data",
        "static/src/sync/pull.ts",
        '  const done = await loosely(db, ["replicas", "pieces", "commits"], async (tx) => {\n'
        '    const stored = await tx.objectStore("replicas").get(from.stream);\n',
        '  await loosely(db, ["replicas"], (tx) => tx.objectStore("replicas").put(stream));\n'
        '  const done = await loosely(db, ["replicas", "pieces", "commits"], async (tx) => {\n'
        "    const stored = from;\n",
        "a kill in between leaves a hole that nobody sees",
        "I4",
        "a tablet is killed while it pulls",
    ),
    Mutant(
        "a grant skips history",
        "static/src/sync/hello.ts",
        "  return { ...row, cursor: 0, chain: FIRST_CHAIN, reset: row.head > 0 };",
        "  return row;",
        "who is granted a stream later never gets what was in it",
        "I4",
        "granted late, the history comes along",
    ),
    Mutant(
        "a recount in two commits",
        "static/src/state/recording.ts",
        "  return running().save(() => ({ writes, whole: true }));",
        "  return running()\n"
        "    .save(() => ({ writes: writes.slice(0, 1) }))\n"
        "    .then(() => running().save(() => ({ writes: writes.slice(1) })));",
        "half a recount is a wrong total",
        "I7",
        "killed in the middle of a recount",
    ),
    Mutant(
        "results without a receipt",
        "static/src/sync/receipt.ts",
        "  if (!(await verify(await publicKey(key), signature, `${header}.${payload}`))) return null;\n",
        "",
        "whatever answers is believed",
        "I1 I8",
        "somebody else answers a push",
    ),
    Mutant(
        "a tally per user instead of actor",
        "static/src/domain/tally.ts",
        "    return head !== undefined && mine(head[2]) && entryOf(head)?.unit === key.unit;",
        "    return head !== undefined && entryOf(head)?.unit === key.unit;",
        "who counts on two tablets, or beside others, counts once",
        "I2",
        "one person counts on two tablets",
    ),
    Mutant(
        "a revoked replica is kept",
        "static/src/sync/hello.ts",
        "  if (gone.length > 0) await purgeStreams(sync.tablet, gone);\n",
        "",
        "who has left goes on reading",
        "I9",
        "revoked in mid-push",
    ),
    Mutant(
        "a revocation drops the outbox",
        "static/src/store/purge.ts",
        '      await tx.objectStore("replicas").delete(stream);\n',
        '      await tx.objectStore("replicas").delete(stream);\n'
        '      for (const row of await tx.objectStore("unsealed").getAll())\n'
        '        if (row.stream === stream) await tx.objectStore("unsealed").delete(row.change.id);\n',
        "what was recorded before the part ended is lost",
        "I1",
        "revoked in mid-push",
    ),
    Mutant(
        "saved before it is on disk",
        "static/src/store/save.ts",
        "isFullDisk, type Stores, strictly, type Writing }",
        "isFullDisk, loosely as strictly, type Stores, type Writing }",
        "a power cut takes what the screen called saved",
        "I1",
        "the power fails right after saving",
    ),
    Mutant(
        "sealed twice",
        "static/src/sync/seal.ts",
        "    await Promise.all(rows.map((r) => unsealed.delete(r.change.id)));\n",
        "",
        "what was recorded once is sent again and again",
        "I11",
        "two answer at once",
    ),
    Mutant(
        "a new epoch is ignored",
        "static/src/sync/hello.ts",
        "  const isNewEpoch = epoch !== undefined && epoch !== hello.epoch;",
        "  const isNewEpoch = false;",
        "a restored server's log is taken for the old one",
        "I12",
        "a fork is held, and the server is restored",
    ),
    Mutant(
        "a lost commit is not sent again",
        "static/src/sync/hello.ts",
        "  const lost = lostCommits(sync, hello, resets.length > 0);",
        "  const lost = new Set<string>();",
        "what a silent rollback took from the server stays lost",
        "I1",
        "the last commit is acknowledged and lost",
    ),
    Mutant(
        "a page is not checked",
        "static/src/sync/page.ts",
        "  return isDense && isWhole &&",
        "  return true || isDense && isWhole &&",
        "a page that was spoiled on its way is believed",
        "I4",
        "a page is spoiled on its way",
    ),
    Mutant(
        "a snapshot is not checked",
        "static/src/sync/snapshot.ts",
        "  if (end.digest !== `sha256:${digest}`)",
        "  if (!end.digest)",
        "a snapshot that was spoiled on its way, or on a disk, is believed, and stays",
        "I4",
        "a snapshot is spoiled on its way",
    ),
    Mutant(
        "a clone keeps its key",
        "static/src/sync/push.ts",
        "    await retireActor(sync.tablet, actor);",
        "    void actor;",
        "two tablets go on under one key, each forking the other for ever",
        "I11",
        "a clone, and both live",
    ),
    Mutant(
        "an admission brings the whole commit",
        "static/src/sync/page.ts",
        "(only ? isIn(only, c) : !isIn(skip, c))",
        "!isIn(skip, c)",
        "what nobody let in is on every tablet, and nowhere else",
        "I4",
        "one of two held changes is let in",
    ),
)

CATALOGUE: tuple[Mutant, ...] = (*SERVER, *CLIENT)
