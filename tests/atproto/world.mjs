// Starts a world, says where everything is, and does what it is told until standard input or a signal ends it. See README.md.
import fs from 'node:fs/promises'
import readline from 'node:readline'
import { obey } from './commands.mjs'
import { World } from './small_world.mjs'

const USAGE = 'usage: node world.mjs FOLDER [SERVERS=1]'

async function readArguments([folder, count = '1', ...rest]) {
  if (!folder || rest.length || !/^[1-9]\d*$/.test(count)) throw new Error(USAGE)
  if (!(await fs.stat(folder).catch(() => undefined))?.isDirectory()) throw new Error(`${folder} is no folder. ${USAGE}`)
  return [folder, Number(count)]
}

function answer(text) {
  process.stdout.write(text.replaceAll('\n', ' ') + '\n')
}

async function serve(world, commands) {
  for await (const line of commands) {
    await obey(world, line).then(() => answer('ok'), (error) => answer(`error ${error.message}`))
  }
}

const given = await readArguments(process.argv.slice(2)).catch((error) => {
  console.error(error.message)
  process.exit(2)
})
const ended = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => ended.abort())
const world = await World.create(...given)
const commands = readline.createInterface({ input: process.stdin, signal: ended.signal })
answer(JSON.stringify(world.describe()))
await serve(world, commands)
await world.close()
process.exit()
