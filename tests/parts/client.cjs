// The openai npm package as a client: whole, streamed, and with a tool. Prints one JSON object.
const { OpenAI } = require("openai");

async function main() {
  const client = new OpenAI({
    baseURL: `${process.env.SEKISHO_URL}/v1`,
    apiKey: process.env.SEKISHO_KEY,
    maxRetries: 0,
  });
  const model = "deepseek-reasoner";
  const messages = [{ role: "user", content: process.env.SEKISHO_TEXT }];
  const whole = await client.chat.completions.create({ model, messages });
  let streamed = "";
  for await (const chunk of await client.chat.completions.create({ model, messages, stream: true })) {
    streamed += chunk.choices[0]?.delta?.content ?? "";
  }
  const tools = [{ type: "function", function: { name: "send", parameters: { type: "object" } } }];
  const ask = [{ role: "user", content: process.env.SEKISHO_ASK }];
  const called = await client.chat.completions.create({ model, messages: ask, tools });
  console.log(
    JSON.stringify({
      whole: whole.choices[0].message.content,
      streamed,
      arguments: called.choices[0].message.tool_calls[0].function.arguments,
    }),
  );
}

main();
