// The servers of a world, each on a port of 127.0.0.1 that it keeps while it is stopped.
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import http from 'node:http'
import path from 'node:path'
import { randomBytes } from 'node:crypto'
import { PDS, envToCfg, envToSecrets } from '@atproto/pds'
import plc from '@did-plc/server'

const HOST = '127.0.0.1'
const UPLOAD_LIMIT_BYTES = 64 * 1024 * 1024

// Addresses are part of a server's configuration and of DID documents, so they are known before anything listens.
function freePort() {
  return Number(execFileSync(path.join(import.meta.dirname, '../../scripts/free_port.py')))
}

class Service {
  #app
  #server

  // `app.listen(port, host)` gives an http.Server.
  constructor(port, app) {
    this.port = port
    this.url = `http://localhost:${port}`
    this.#app = app
  }

  async start() {
    if (this.#server) return
    const server = this.#app.listen(this.port, HOST)
    await once(server, 'listening')
    this.#server = server
  }

  // New connections are refused from now on, and open ones are cut.
  async stop() {
    const server = this.#server
    if (!server) return
    this.#server = undefined
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }

  async close() {
    await this.stop()
  }
}

export class Directory extends Service {
  #plc

  constructor(port, server) {
    super(port, server.app)
    this.#plc = server
  }

  static async open() {
    const port = freePort()
    const directory = new Directory(port, plc.PlcServer.create({ db: plc.Database.mock(), port }))
    await directory.start()
    return directory
  }

  async close() {
    await super.close()
    await this.#plc.destroy()
  }
}

export class PersonalDataServer extends Service {
  #pds

  constructor(port, pds, did, adminPassword) {
    super(port, pds.app)
    this.#pds = pds
    this.did = did
    this.moderator = 'Basic ' + Buffer.from(`admin:${adminPassword}`).toString('base64')
  }

  static async open(folder, directory) {
    const port = freePort()
    const did = `did:web:localhost%3A${port}`
    const adminPassword = randomBytes(16).toString('hex')
    const settings = {
      port,
      hostname: 'localhost',
      serviceDid: did,
      dataDirectory: folder,
      blobstoreDiskLocation: path.join(folder, 'blobs'),
      blobstoreDiskTmpLocation: path.join(folder, 'uploads'),
      blobUploadLimit: UPLOAD_LIMIT_BYTES,
      didPlcUrl: directory.url,
      inviteRequired: false,
      devMode: true, // neighbours are on loopback, and speak http
      adminPassword,
      jwtSecret: randomBytes(16).toString('hex'),
      plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
    }
    const pds = await PDS.create(envToCfg(settings), envToSecrets(settings))
    await pds.ctx.sequencer.start()
    const server = new PersonalDataServer(port, pds, did, adminPassword)
    await server.start()
    return server
  }

  async close() {
    await super.close()
    await this.#pds.destroy()
  }
}

// Where the document of a did:web lies: the reference resolver asks localhost, and only that, over http.
export class DocumentHost extends Service {
  constructor(port) {
    super(port, http.createServer((request, response) => this.#answer(request, response)))
    this.did = `did:web:localhost%3A${port}`
    this.document = undefined
  }

  static async open() {
    const host = new DocumentHost(freePort())
    await host.start()
    return host
  }

  #answer(request, response) {
    const found = this.document && request.url === '/.well-known/did.json'
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' })
    response.end(JSON.stringify(found ? this.document : { message: 'There is no document' }))
  }
}
