import { expect, it } from 'vitest'
import { PasskeyError } from '../api/passkeys.ts'
import { ServerError } from '../api/server.ts'
import { en } from '../i18n/en.ts'
import { inWords } from './problems.ts'

it('says what the server said, with its advice', () => {
  expect(inWords(new ServerError(403, 'not yours', 'Ask'), en)).toBe('not yours. Ask')
  expect(inWords(new ServerError(403, 'not yours', ''), en)).toBe('not yours')
})

it('tells a server that does not answer from an authenticator that does not', () => {
  expect(inWords(new ServerError(0, '', ''), en)).toBe(en.no_server)
  expect(inWords(new TypeError('x'), en)).toBe(en.no_server)
  const known = new PasskeyError('x')
  known.name = 'InvalidStateError'
  expect([inWords(known, en), inWords(new PasskeyError('x'), en)]).toEqual([en.passkey_known, en.passkey_not_done])
})
