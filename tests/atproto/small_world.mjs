// The servers and who lives on them.
import fs from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Account } from './account.mjs'
import { PlcIdentity, WebIdentity } from './identity.mjs'
import { readPictures } from './pictures.mjs'
import { Directory, DocumentHost, PersonalDataServer } from './services.mjs'

export class World {
  #state
  #opened = []
  accounts = []

  // `folder` is as README.md says.
  static async create(folder, serverCount) {
    const world = new World()
    try {
      await world.#open(serverCount)
      await world.#populate(folder)
      return world
    } catch (error) {
      await world.close()
      throw error
    }
  }

  async close() {
    await Promise.all(this.#opened.map((service) => service.close()))
    if (this.#state) await fs.rm(this.#state, { recursive: true, force: true })
  }

  describe() {
    return {
      plc: this.directory.url,
      servers: this.servers.map((server) => server.url),
      accounts: this.accounts.map(({ did, handle, server, blobs }) => ({ did, handle, pds: server.url, blobs })),
    }
  }

  account(did) {
    return this.accounts.find((account) => account.did === did) ?? fail(`no account has the DID ${did}`)
  }

  server(number) {
    return this.servers[Number(number)] ?? fail(`there is no server ${number}`)
  }

  // `plc`, `web`, or the number of a Personal Data Server.
  service(name) {
    if (name === 'plc') return this.directory
    return name === 'web' ? this.documents : this.server(name)
  }

  async #open(serverCount) {
    this.#state = await fs.mkdtemp(path.join(os.tmpdir(), 'imcaxy-atproto-'))
    const opened = async (service) => {
      this.#opened.push(await service)
      return service
    }
    this.directory = await opened(Directory.open())
    this.documents = await opened(DocumentHost.open())
    this.servers = []
    for (let number = 0; number < serverCount; number++) {
      const folder = path.join(this.#state, `pds${number}`)
      await fs.mkdir(folder)
      this.servers.push(await opened(PersonalDataServer.open(folder, this.directory)))
    }
  }

  async #populate(folder) {
    const everybodys = await readPictures(folder)
    const inhabit = async (name, identity, enter) => {
      const account = new Account(name, identity)
      this.accounts.push(account)
      await enter(account)
      for (const picture of [...everybodys, ...(await readPictures(path.join(folder, name)))]) await account.upload(picture)
    }
    const arrivals = []
    for (const [number, server] of this.servers.entries())
      for (const person of ['alice', 'bob'])
        arrivals.push(inhabit(person + number, await PlcIdentity.create(this.directory), (account) => account.register(server)))
    arrivals.push(inhabit('carol', await WebIdentity.create(this.documents), (account) => account.join(this.servers[0])))
    await Promise.all(arrivals)
  }
}

function fail(message) {
  throw new Error(message)
}
