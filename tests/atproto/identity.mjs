// Who an account is, in the owner's hand: its DID, and the document that says where the account lives.
// `publish` takes what a server recommends for the document (com.atproto.identity.getRecommendedDidCredentials).
import { Secp256k1Keypair } from '@atproto/crypto'
import { createServiceJwt } from '@atproto/xrpc-server'
import plc from '@did-plc/lib'

export const JOIN = 'com.atproto.server.createAccount'

// A did:plc that a server registers. The owner's own key stands before the server's, so that it can move away.
export class PlcIdentity {
  #directory
  #key

  constructor(directory, key) {
    this.#directory = new plc.Client(directory.url)
    this.#key = key
  }

  static async create(directory) {
    return new PlcIdentity(directory, await Secp256k1Keypair.create())
  }

  get recoveryKey() {
    return this.#key.did()
  }

  async publish(recommended) {
    const rotationKeys = [this.recoveryKey, ...recommended.rotationKeys]
    await this.#directory.updateData(this.did, this.#key, (last) => ({ ...last, ...recommended, rotationKeys }))
  }

  async forget() {
    await this.#directory.tombstone(this.did, this.#key)
  }
}

// A did:web, whose document the owner keeps on a host of its own.
export class WebIdentity {
  #host
  #key

  constructor(host, key) {
    this.#host = host
    this.#key = key
    this.did = host.did
  }

  static async create(host) {
    const identity = new WebIdentity(host, await Secp256k1Keypair.create())
    identity.#write(identity.#key.did(), {})
    return identity
  }

  // For a server that the account is not on yet: the owner wants it there.
  async proof(server) {
    return createServiceJwt({ iss: this.did, aud: server.did, lxm: JOIN, keypair: this.#key })
  }

  async publish({ verificationMethods, services, alsoKnownAs }) {
    this.#write(verificationMethods.atproto, services, alsoKnownAs)
  }

  async forget() {
    this.#host.document = undefined
  }

  #write(signingKey, services, alsoKnownAs = []) {
    const publicKeyMultibase = signingKey.slice('did:key:'.length)
    this.#host.document = {
      '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1'],
      id: this.did,
      alsoKnownAs,
      verificationMethod: [{ id: `${this.did}#atproto`, type: 'Multikey', controller: this.did, publicKeyMultibase }],
      service: Object.entries(services).map(([id, { type, endpoint }]) => ({ id: `#${id}`, type, serviceEndpoint: endpoint })),
    }
  }
}
