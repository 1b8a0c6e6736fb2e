// Which apps can reach an address.
import t from 'tap';
import { reachabilityOf } from '../../auth/reachability.ts';

t.test('an address is reached from the web, a network, the computer alone, or hardly at all', (t) => {
  for (const [reach, addresses] of Object.entries({
    web: [
      'https://notes.example/mcp',
      'https://nas.example:8443/mcp',
      'https://8.8.8.8/mcp',
      'https://localhost.example/mcp',
    ],
    device: [
      'http://localhost:8082/mcp',
      'https://localhost/mcp',
      'http://loop.localhost/mcp',
      'http://127.0.0.1:8082/mcp',
      'http://127.1/mcp',
      'http://[::1]:8082/mcp',
      'http://localhost./mcp',
    ],
    network: [
      'https://nas.local/mcp',
      'https://NAS.LOCAL./mcp',
      'https://nas/mcp',
      'https://nas.home.arpa/mcp',
      'https://nas.lan/mcp',
      'https://192.168.0.10/mcp',
      'https://10.0.0.1/mcp',
      'https://100.100.1.2/mcp',
      'https://[fd00::1]/mcp',
      'https://[fe80::1]/mcp',
    ],
    plain: ['http://notes.example/mcp', 'http://192.168.0.10:8082/mcp', 'http://nas.local/mcp'],
  })) {
    for (const address of addresses) t.equal(reachabilityOf(address), reach, address);
  }
  t.end();
});
