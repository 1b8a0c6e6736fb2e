// The OpenAPI 3.1 description of the REST API, for GPT Actions and whoever reads such: made of the tools' own schemas.
import packageJson from '../package.json' with { type: 'json' };
import type { ResourceIdentifiers } from '../tokens/resource-identifiers.ts';
import { type DescribedTool, listScopes } from '../tools/tool.ts';
import { pathParametersOf, type RestOperation, restOperations, takesBody } from './operations.ts';

export interface OpenApiOptions {
  tools: readonly DescribedTool[];
  resources: ResourceIdentifiers;
  issuer: string;
}

type Json = Record<string, unknown>;

const scheme = 'loop';
const scopeDescriptions: Readonly<Record<string, string>> = {
  'vault.read': 'Read and search the notes',
  'vault.write': 'Create, change and delete notes',
};

const problem = {
  type: 'object',
  description: 'Problem details (RFC 9457)',
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What was wrong, and what to do' },
    error: { type: 'string', description: 'A word for it, such as stale_revision' },
    currentRevision: { type: 'string', description: 'With stale_revision: what the note has now' },
  },
  required: ['type', 'title', 'status', 'detail', 'error'],
};

/** Operations whose tools are not listed are left out. */
export function createOpenApi({ tools, resources, issuer }: OpenApiOptions): Json {
  const listed = new Map(tools.filter((tool) => tool.isListed).map((tool) => [tool.name, tool]));
  const paths: Record<string, Json> = {};
  for (const operation of restOperations) {
    const tool = listed.get(operation.tool);
    if (tool) paths[operation.path] = { ...paths[operation.path], ...describeOperation(operation, tool) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'loop vault',
      version: packageJson.version,
      description:
        "A person's vault of Markdown notes: search, read, list, scan and, where allowed, change them.",
    },
    servers: [{ url: resources.origin + resources.pathPrefix }],
    paths,
    components: {
      securitySchemes: { [scheme]: describeSecurity(issuer, listScopes(tools)) },
      schemas: { Problem: problem },
      responses: {
        Problem: {
          description: 'Not done; the body says why',
          content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
        },
      },
    },
  };
}

/** A vault that can't be written has no operation that needs leave to write. */
function describeSecurity(issuer: string, scopes: readonly string[]): Json {
  const base = issuer.replace(/\/$/, '');
  return {
    type: 'oauth2',
    flows: {
      authorizationCode: {
        authorizationUrl: `${base}/auth`,
        tokenUrl: `${base}/token`,
        refreshUrl: `${base}/token`,
        scopes: Object.fromEntries(scopes.map((scope) => [scope, scopeDescriptions[scope]])),
      },
    },
  };
}

function describeOperation(operation: RestOperation, { definition, scopes }: DescribedTool): Json {
  const { title, description, inputSchema, outputSchema, annotations } = definition;
  const status = operation.tool === 'create_note' ? '201' : '200';
  return {
    [operation.method.toLowerCase()]: {
      operationId: operation.operationId,
      summary: title,
      description,
      // ChatGPT asks the person before each call of a consequential one
      'x-openai-isConsequential': !annotations.readOnlyHint,
      security: [{ [scheme]: scopes }],
      ...describeInput(operation, inputSchema),
      responses: {
        [status]: { description: 'Done', content: { 'application/json': { schema: outputSchema } } },
        '401': { $ref: '#/components/responses/Problem' },
        '403': { $ref: '#/components/responses/Problem' },
        '503': { $ref: '#/components/responses/Problem' },
        default: { $ref: '#/components/responses/Problem' },
      },
    },
  };
}

function describeInput(
  operation: RestOperation,
  inputSchema: DescribedTool['definition']['inputSchema'],
): Json {
  const inPath = pathParametersOf(operation);
  const { properties = {}, required = [], ...rest } = inputSchema;
  const names = Object.keys(properties);
  const asParameters = takesBody(operation) ? inPath : names;
  const parameters = asParameters.map((name) => {
    const { description, ...schema } = properties[name] ?? {};
    const place = inPath.includes(name) ? 'path' : 'query';
    return { name, in: place, required: required.includes(name), description, schema };
  });
  if (!takesBody(operation)) return { parameters };
  const inBody = names.filter((name) => !inPath.includes(name));
  const schema = {
    ...rest,
    properties: Object.fromEntries(inBody.map((name) => [name, properties[name]])),
    required: required.filter((name) => !inPath.includes(name)),
  };
  return { parameters, requestBody: { required: true, content: { 'application/json': { schema } } } };
}
