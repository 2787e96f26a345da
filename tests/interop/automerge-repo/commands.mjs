// A stock client, told what to do: one command a line on standard input, one answer a line on standard output, both JSON.
// Nothing here knows the protocol: `Repo` and `WebSocketClientAdapter` are used as they are published, in whatever
// release the caller has.
import { createInterface } from 'node:readline'

// A ticket opens one socket: whoever reconnects needs another. The longest interval that timers know means never.
const NEVER = 2 ** 31 - 1

const bytes = value => (value?.bytes === undefined ? value : new Uint8Array(Buffer.from(value.bytes, 'base64url')))

const at = (value, path) => path.reduce((inner, key) => inner?.[key], value)

// What an automerge appends to its sync messages to say that it reads their version 2: a list of one flag.
const READS_VERSION_TWO = [1, 2]

// Notes in which versions of automerge's sync messages, told by their first byte, the two ends speak; `hints` puts
// into what is heard that the other end reads version 2, which ours says of documents that are only read.
const observe = (adapter, { said, heard }, hints) => {
  const version = { 0x42: 1, 0x43: 2 }
  const note = (versions, { data }) => data !== undefined && versions.add(version[data[0]])
  const isSync = ({ type }) => type === 'sync' || type === 'request'
  const send = adapter.send.bind(adapter)
  adapter.send = message => {
    if (isSync(message)) note(said, message)
    send(message)
  }
  adapter.on('message', message => {
    if (!isSync(message)) return
    note(heard, message)
    if (hints) message.data = new Uint8Array([...message.data, ...READS_VERSION_TWO])
  })
}

// Shared by every repository of this process that opens with `storage`: two tabs of one browser.
class SharedStorage {
  #kept = new Map()
  async load(key) {
    return this.#kept.get(key.join('/'))
  }
  async save(key, value) {
    this.#kept.set(key.join('/'), value)
  }
  async remove(key) {
    this.#kept.delete(key.join('/'))
  }
  async loadRange(prefix) {
    const start = `${prefix.join('/')}/`
    const found = [...this.#kept].filter(([key]) => key.startsWith(start))
    return found.map(([key, data]) => ({ key: key.split('/'), data }))
  }
  async removeRange(prefix) {
    const start = `${prefix.join('/')}/`
    for (const key of this.#kept.keys()) if (key.startsWith(start)) this.#kept.delete(key)
  }
}

export const run = async ({ Repo, WebSocketClientAdapter, isString, debug }) => {
  // What the adapter does with an `error` frame is to log it: this is where the refusal's code comes out.
  const refusals = []
  let refused = () => {}
  debug.enable('automerge-repo:websocket:browser*')
  debug.log = (...words) => {
    const code = /error: (\w+)/.exec(words.join(' '))?.[1]
    if (code === undefined) return
    refusals.push(code)
    refused()
  }

  // Bytes as the harness writes them. A string that is written as a whole, as all of ours are, is an object of its own
  // in automerge; everything else is JSON already.
  const plain = value => {
    if (isString(value)) return value.toString()
    if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64url') }
    if (value === null || typeof value !== 'object') return value
    if (value.constructor !== Object) throw new Error(`${value.constructor.name} is no plain value`)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
  }

  const storage = new SharedStorage()
  const tabs = new Map()

  const tab = name => {
    if (!tabs.has(name)) throw new Error(`no tab ${name} is open`)
    return tabs.get(name)
  }

  const connect = async ({ repo, versions, hints }, url) => {
    const adapter = new WebSocketClientAdapter(url, NEVER)
    observe(adapter, versions, hints)
    const peer = new Promise(resolve => repo.networkSubsystem.once('peer', resolve))
    repo.networkSubsystem.addNetworkAdapter(adapter)
    await peer
    return adapter
  }

  const find = async (name, document) => {
    const { repo, handles } = tab(name)
    if (!handles.has(document)) handles.set(document, await repo.find(document))
    return handles.get(document)
  }

  const set = (doc, path, value) => {
    at(doc, path.slice(0, -1))[path.at(-1)] = bytes(value)
  }

  const commands = {
    // A new Repo over a new socket. It remembers nothing, unless it shares the storage of this process's tabs.
    async open({ tab: name, url, shared, gossip, hints }) {
      const repo = new Repo({ network: [], storage: shared ? storage : undefined, enableRemoteHeadsGossiping: gossip })
      const versions = { said: new Set(), heard: new Set() }
      const open = { repo, handles: new Map(), heard: [], versions, hints }
      open.adapter = await connect(open, url)
      tabs.set(name, open)
    },

    // The same Repo over another socket, under what it is called now.
    async reopen({ tab: name, url }) {
      const open = tab(name)
      open.adapter = await connect(open, url)
    },

    // From here on the Repo goes by another peer id; where it is connected it greets again, over the same socket.
    async rename({ tab: name, peer }) {
      const { repo, adapter } = tab(name)
      repo.networkSubsystem.peerId = peer
      if (adapter.socket === undefined) return
      const greeted = new Promise(resolve => repo.networkSubsystem.once('peer', resolve))
      adapter.peerId = peer
      adapter.join()
      await greeted
    },

    async peer_id({ tab: name }) {
      return tab(name).repo.networkSubsystem.peerId
    },

    // In which versions of sync messages this tab has spoken and has been spoken to.
    async versions({ tab: name }) {
      const { said, heard } = tab(name).versions
      return { said: [...said].sort(), heard: [...heard].sort() }
    },

    // The network is gone, and the Repo goes on.
    async cut({ tab: name }) {
      const { repo, adapter } = tab(name)
      if (repo.networkSubsystem.removeNetworkAdapter === undefined) return adapter.disconnect()
      repo.networkSubsystem.removeNetworkAdapter(adapter)
    },

    async read({ tab: name, document }) {
      try {
        const handle = await find(name, document)
        const doc = handle.doc()
        return plain(doc instanceof Promise ? await doc : doc)
      } catch (error) {
        if (/unavailable/.test(error.message)) return 'unavailable'
        throw error
      }
    },

    async until({ tab: name, document, path, value }) {
      const handle = await find(name, document)
      const holds = () => JSON.stringify(plain(at(handle.doc(), path))) === JSON.stringify(value)
      if (holds()) return
      await new Promise(resolve => handle.on('change', () => holds() && resolve()))
    },

    // Each value by a change of its own, as it comes when somebody works offline for long.
    async put({ tab: name, document, puts }) {
      const handle = await find(name, document)
      for (const { path, value } of puts) handle.change(doc => set(doc, path, value))
    },

    async remove({ tab: name, document, path }) {
      const handle = await find(name, document)
      handle.change(doc => {
        delete at(doc, path.slice(0, -1))[path.at(-1)]
      })
    },

    // Says something to whoever is there, which is kept nowhere.
    async broadcast({ tab: name, document, message }) {
      const handle = await find(name, document)
      handle.broadcast(message)
    },

    // Notes what others say in passing.
    async listen({ tab: name, document }) {
      const handle = await find(name, document)
      handle.on('ephemeral-message', ({ message }) => tab(name).heard.push(message))
    },

    async heard({ tab: name }) {
      return tab(name).heard
    },

    // Wants to be told what other storages have.
    async subscribe({ tab: name, storages }) {
      tab(name).repo.subscribeToRemotes(storages)
    },

    async storage_id({ tab: name }) {
      return (await tab(name).repo.storageId?.()) ?? null
    },

    async refusal() {
      if (refusals.length === 0) await new Promise(resolve => (refused = resolve))
      return refusals.shift()
    },

    async refusals() {
      return refusals
    },

    async close({ tab: name }) {
      await tab(name).repo.shutdown()
      tabs.delete(name)
    },
  }

  for await (const line of createInterface({ input: process.stdin })) {
    const { command, ...rest } = JSON.parse(line)
    try {
      console.log(JSON.stringify({ answer: (await commands[command](rest)) ?? null }))
    } catch (error) {
      console.log(JSON.stringify({ failed: error.stack }))
    }
  }
  process.exit(0)
}
