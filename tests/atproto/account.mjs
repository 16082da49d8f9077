// An account and what its owner and moderators do with it, over the servers' public interface.
import { JOIN } from './identity.mjs'
import { fetchQuery, procedure, query, send } from './xrpc.mjs'

const COLLECTION = 'org.imcaxy.test.picture'

export class Account {
  #identity
  #homes = new Set() // every server that has heard of this account
  #authorization // at the server it is on
  #records = new Map() // key of the record that keeps a blob, by the blob's CID

  // `name` is unique in the world.
  constructor(name, identity) {
    this.handle = `${name}.test`
    this.blobs = []
    this.#identity = identity
  }

  get did() {
    return this.#identity.did
  }

  // A new did:plc, which the server registers.
  async register(server) {
    const account = await this.#createOn(server, { recoveryKey: this.#identity.recoveryKey })
    this.#identity.did = account.did
    this.#livesOn(server, account)
  }

  // A did:web, which exists already.
  async join(server) {
    const account = await this.#createOn(server, { did: this.did }, await this.#identity.proof(server))
    await this.#publishAndActivate(server, account)
    this.#livesOn(server, account)
  }

  // A server gives out only blobs that a record keeps.
  async upload({ file, bytes, mimeType }) {
    const { blob } = await send(this.server, 'com.atproto.repo.uploadBlob', bytes, mimeType, this.#authorization)
    const cid = blob.ref.$link
    const record = { $type: COLLECTION, picture: blob }
    const input = { repo: this.did, collection: COLLECTION, validate: false, record }
    const { uri } = await procedure(this.server, 'com.atproto.repo.createRecord', input, this.#authorization)
    this.#records.set(cid, uri.slice(uri.lastIndexOf('/') + 1))
    this.blobs.push({ file, cid, mimeType: blob.mimeType, size: blob.size })
  }

  // The record goes, and with it the blob.
  async remove(cid) {
    const rkey = this.#records.get(cid)
    if (!rkey) throw new Error(`${this.handle} has no blob ${cid}`)
    const input = { repo: this.did, collection: COLLECTION, rkey }
    await procedure(this.server, 'com.atproto.repo.deleteRecord', input, this.#authorization)
    this.#records.delete(cid)
    this.blobs = this.blobs.filter((blob) => blob.cid !== cid)
  }

  // A moderator hides all of it, or one blob, or shows it again.
  async moderate(hidden, cid) {
    const subject = cid
      ? { $type: 'com.atproto.admin.defs#repoBlobRef', did: this.did, cid }
      : { $type: 'com.atproto.admin.defs#repoRef', did: this.did }
    const input = { subject, takedown: { applied: hidden } }
    await procedure(this.server, 'com.atproto.admin.updateSubjectStatus', input, this.server.moderator)
  }

  async deactivate() {
    await procedure(this.server, 'com.atproto.server.deactivateAccount', {}, this.#authorization)
  }

  async activate() {
    await this.#activateOn(this.server, this.#authorization)
  }

  // Its server forgets it. Who resolves the DID is still sent there.
  async delete() {
    await this.#deleteFrom(this.server)
  }

  // Nobody finds its server any more, which still has all of it.
  async forget() {
    await this.#identity.forget()
  }

  // The way of https://atproto.com/guides/account-migration: the old server keeps a deactivated copy.
  async move(server) {
    const from = this.server
    if (server === from) throw new Error(`${this.handle} is on ${server.url} already`)
    if (this.#homes.has(server)) await this.#deleteFrom(server)
    const { token } = await query(from, 'com.atproto.server.getServiceAuth', { aud: server.did, lxm: JOIN }, this.#authorization)
    const account = await this.#createOn(server, { did: this.did }, token)
    await this.#copy(from, server, account)
    await this.#publishAndActivate(server, account)
    await this.deactivate()
    this.#livesOn(server, account)
  }

  async #createOn(server, extra, proof) {
    this.#homes.add(server)
    const input = { handle: this.handle, email: `${this.handle.replace('.', '@')}.org`, password: this.handle, ...extra }
    const created = await procedure(server, JOIN, input, proof && bearer(proof))
    return { did: created.did, authorization: bearer(created.accessJwt) }
  }

  async #copy(from, to, { authorization }) {
    const repository = await fetchQuery(from, 'com.atproto.sync.getRepo', { did: this.did })
    await send(to, 'com.atproto.repo.importRepo', await repository.arrayBuffer(), 'application/vnd.ipld.car', authorization)
    for (const { cid, mimeType } of this.blobs) {
      const blob = await fetchQuery(from, 'com.atproto.sync.getBlob', { did: this.did, cid })
      await send(to, 'com.atproto.repo.uploadBlob', await blob.arrayBuffer(), mimeType, authorization)
    }
  }

  async #publishAndActivate(server, { authorization }) {
    await this.#identity.publish(await query(server, 'com.atproto.identity.getRecommendedDidCredentials', {}, authorization))
    await this.#activateOn(server, authorization)
  }

  #activateOn(server, authorization) {
    return send(server, 'com.atproto.server.activateAccount', undefined, 'application/json', authorization)
  }

  #deleteFrom(server) {
    return procedure(server, 'com.atproto.admin.deleteAccount', { did: this.did }, server.moderator)
  }

  #livesOn(server, { authorization }) {
    this.server = server
    this.#authorization = authorization
  }
}

function bearer(token) {
  return `Bearer ${token}`
}
