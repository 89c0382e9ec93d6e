using Stateroom.Checkpoints.Blobs;

namespace Stateroom.Checkpoints.Trees;

/// <summary>Stores what the store has not.</summary>
internal sealed class PackSink(BlobStore store, PackWriter writer) : IBlobSink
{
    public void Put(BlobId id, ReadOnlySpan<byte> content)
    {
        if (!store.Contains(id)) writer.Add(id, content);
    }
}
