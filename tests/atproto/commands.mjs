// What can happen in a world: one line of text each. README.md says what each does.
const COMMANDS = {
  takedown: { words: ['DID', '[CID]'], run: (world, did, cid) => world.account(did).moderate(true, cid) },
  restore: { words: ['DID', '[CID]'], run: (world, did, cid) => world.account(did).moderate(false, cid) },
  deactivate: { words: ['DID'], run: (world, did) => world.account(did).deactivate() },
  activate: { words: ['DID'], run: (world, did) => world.account(did).activate() },
  remove: { words: ['DID', 'CID'], run: (world, did, cid) => world.account(did).remove(cid) },
  delete: { words: ['DID'], run: (world, did) => world.account(did).delete() },
  move: { words: ['DID', 'N'], run: (world, did, number) => world.account(did).move(world.server(number)) },
  tombstone: { words: ['DID'], run: (world, did) => world.account(did).forget() },
  stop: { words: ['N|plc|web'], run: (world, name) => world.service(name).stop() },
  start: { words: ['N|plc|web'], run: (world, name) => world.service(name).start() },
}

// Throws what went wrong.
export async function obey(world, line) {
  const [name, ...values] = line.trim().split(/\s+/)
  const command = Object.hasOwn(COMMANDS, name) && COMMANDS[name]
  if (!command) throw new Error(`unknown command ${name}: known are ${Object.keys(COMMANDS).join(', ')}`)
  const needed = command.words.filter((word) => !word.startsWith('['))
  if (values.length < needed.length || values.length > command.words.length)
    throw new Error(`usage: ${name} ${command.words.join(' ')}`)
  await command.run(world, ...values)
}
