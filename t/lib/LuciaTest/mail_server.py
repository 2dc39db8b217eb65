# SPDX-License-Identifier: Apache-2.0
#
# mail_server.py DIR PORT none|starttls|smtps LOGIN     LOGIN: NAME:PASSWORD, or empty
#
# An SMTP server that stores each mail as DIR/mails/NUMBER.json. The file DIR/mode says what it does: accept (without
# the file), refuse (550 to the recipient), reject (554 to the mail), later (451 to the mail), slow (no answer to the
# mail), die (takes the mail and closes the connection without an answer) or fall (closes it instead of a 354).
import asyncio
import json
import os
import ssl
import sys

from aiosmtpd.smtp import AuthResult, SMTP

folder, port, tls, login = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
os.makedirs(folder + '/mails', exist_ok=True)


def mode():
    try:
        with open(folder + '/mode') as file:
            return file.read()
    except FileNotFoundError:
        return 'accept'


class Handler:
    number = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        if mode() == 'refuse':
            return '550 5.1.1 There is no such mailbox'
        if mode() == 'fall':
            server.transport.abort()
        envelope.rcpt_tos.append(address)
        return '250 OK'

    async def handle_DATA(self, server, session, envelope):
        now = mode()
        if now == 'later':
            return '451 4.7.1 Greylisted, try again'
        if now == 'reject':
            return '554 5.6.0 The mail is rejected'
        while mode() == 'slow':
            await asyncio.sleep(0.05)
        Handler.number += 1
        name = '%s/mails/%d-%05d' % (folder, os.getpid(), Handler.number)
        with open(name + '.new', 'w') as file:
            json.dump({'from': envelope.mail_from, 'to': envelope.rcpt_tos, 'data': envelope.original_content.decode('latin-1'),
                       'tls': 1 if session.ssl or tls == 'smtps' else 0, 'login': 1 if session.authenticated else 0}, file)
        os.rename(name + '.new', name + '.json')
        if now == 'die':
            server.transport.abort()
        return '250 OK'


def check(server, session, envelope, mechanism, data):
    given = data.login.decode() + ':' + data.password.decode()
    return AuthResult(success=given == login)


async def serve():
    context = None
    if tls != 'none':
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + '/cert.pem', folder + '/key.pem')
    loop = asyncio.get_running_loop()

    def session():
        return SMTP(Handler(), hostname='localhost', tls_context=context if tls == 'starttls' else None,
                    require_starttls=tls == 'starttls', authenticator=check if login else None, auth_required=bool(login),
                    auth_require_tls=tls == 'starttls', loop=loop)

    server = await loop.create_server(session, '0.0.0.0', port, ssl=context if tls == 'smtps' else None)
    await server.serve_forever()


asyncio.run(serve())
