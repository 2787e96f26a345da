// Reads {body, privateKey, auth} (base64url) from standard input, writes the message that is in it.
// http_ece is the implementation that web-push on npm is built on: it shares no line with ours.
import { createECDH } from 'node:crypto'
import { readFileSync } from 'node:fs'
import ece from 'http_ece'

const { body, privateKey, auth } = JSON.parse(readFileSync(0, 'utf8'))
const device = createECDH('prime256v1')
device.setPrivateKey(Buffer.from(privateKey, 'base64url'))
const message = ece.decrypt(Buffer.from(body, 'base64url'), {
  version: 'aes128gcm',
  privateKey: device,
  authSecret: auth,
})
process.stdout.write(message)
