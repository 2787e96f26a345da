// Reads {body, key} (base64url) from standard input, writes the clip that is in it.
import { readFileSync } from 'node:fs'
import ece from 'http_ece'

const { body, key } = JSON.parse(readFileSync(0, 'utf8'))
process.stdout.write(ece.decrypt(Buffer.from(body, 'base64url'), { version: 'aes128gcm', key }))
